// The editor of a decision table: the arrow keys go through the cells, and nobody leaves with changes by mistake. Works without, too.
(() => {
  "use strict";

  const form = document.querySelector("[data-editor]");
  if (!form) return;
  for (const hint of form.querySelectorAll(".needs-script")) hint.classList.add("script-here");

  const cursor = form.querySelector("[autofocus]");
  cursor?.scrollIntoView({ block: "center" });

  form.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const cell = event.target.closest("[data-grid] tbody input, [data-grid] tbody textarea");
    if (!step || !cell || event.isComposing || event.ctrlKey || event.metaKey) return;
    const row = cell.closest("tr");
    if (event.altKey) {
      row.querySelector(step < 0 ? "[data-up]" : "[data-down]").click();
    } else {
      if (cell.matches("textarea") && cell.value.includes("\n")) return;
      const next = step < 0 ? row.previousElementSibling : row.nextElementSibling;
      next?.cells[cell.closest("td").cellIndex].querySelector("input, textarea")?.focus();
    }
    event.preventDefault();
  });

  // A page that comes back from one of its own buttons holds changes that are not saved.
  let unsaved = form.dataset.unsaved === "1";
  form.addEventListener("input", () => (unsaved = true));
  form.addEventListener("submit", () => (unsaved = false));
  window.addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });
})();
