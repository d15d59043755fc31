// Pictures of procedures, to look at. The page says the same in words.
(() => {
  "use strict";

  const marks = (canvas, registry, names, mark) => {
    for (const id of (names || "").split(" ")) if (id && registry.get(id)) canvas.addMarker(id, mark);
  };

  for (const place of document.querySelectorAll("[data-diagram]")) {
    fetch(place.dataset.diagram)
      .then((answer) => (answer.ok ? answer.text() : Promise.reject(new Error(answer.status))))
      .then(async (xml) => {
        place.classList.add("script-here");
        const viewer = new BpmnJS({ container: place });
        await viewer.importXML(xml);
        const canvas = viewer.get("canvas");
        canvas.zoom("fit-viewport", "auto");
        marks(canvas, viewer.get("elementRegistry"), place.dataset.current, "here");
      })
      .catch(() => place.classList.remove("script-here")); // a file without a picture: the table below remains
  }
})();
