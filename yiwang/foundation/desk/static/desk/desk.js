// The workbench beyond plain links and forms. Everything works without it.
(() => {
  "use strict";

  // "No" is an answer too: a form that was refused comes back in place, with what is wrong and what was typed.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const status = event.detail.xhr.status;
    if (status >= 400 && status < 500 && status !== 401 && event.detail.serverResponse) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });

  // A row was opened: it is marked, and who works by keyboard or hears the page is taken to the panel.
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "panel") return;
    const asked = event.detail.requestConfig?.elt;
    const row = asked?.closest("tr[data-row]");
    if (row) {
      for (const other of document.querySelectorAll("tr[data-row]")) {
        other.classList.toggle("row-open", other === row);
        other.removeAttribute("aria-selected");
      }
      row.setAttribute("aria-selected", "true");
    }
    const panel = event.detail.target;
    (panel.querySelector("[data-focus-first]") ?? panel.querySelector("[data-panel-focus]"))?.focus();
  });

  // Ticking rows: all of the page at once, and how many.
  const all = document.querySelector("[data-pick-all]");
  const picks = () => [...document.querySelectorAll("[data-pick]")];
  const count = document.querySelector("[data-picked]");
  const none = count?.textContent;
  const tell = () => {
    const n = picks().filter((box) => box.checked).length;
    if (count) count.textContent = n ? count.dataset.words.replace("#", n) : none;
    if (all) all.checked = n > 0 && n === picks().length;
  };
  if (all) {
    all.hidden = false;
    all.addEventListener("change", () => {
      for (const box of picks()) box.checked = all.checked;
      tell();
    });
  }
  document.addEventListener("change", (event) => event.target.matches("[data-pick]") && tell());
  window.addEventListener("pageshow", tell);

  // What can no longer be taken back is not offered.
  for (const offer of document.querySelectorAll("[data-undo]")) {
    window.setTimeout(() => offer.remove(), Number(offer.dataset.undo) * 1000);
  }

  // A board that has lost its source says so.
  for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      const live = event.target.closest?.("[data-live]");
      for (const sign of live?.querySelectorAll("[data-stale]") ?? []) sign.hidden = false;
    });
  }
})();
