// Keyboard for the staff's lists. A row is a <tr data-row> with one link; keys for acts are on elements with data-key="a".
(() => {
  "use strict";

  const rows = () => [...document.querySelectorAll("tr[data-row]")];
  const help = document.getElementById("keys-help");
  const openHelp = () => help && !help.open && help.showModal();

  const move = (step) => {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.contains(document.activeElement) || row.getAttribute("aria-selected") === "true");
    const next = all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
    for (const row of all) row.removeAttribute("aria-selected");
    next.setAttribute("aria-selected", "true");
    (next.querySelector("a") ?? next.querySelector("button, input"))?.focus();
    next.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const typing = event.target.closest("input:not([type=checkbox],[type=radio]), textarea, select, [contenteditable]");
    if (event.key === "Escape") {
      if (typing) typing.blur();
      else document.querySelector("[data-panel-close]")?.click();
      return;
    }
    if (typing || help?.open) return;
    if (event.key === "j" || event.key === "k") move(event.key === "j" ? 1 : -1);
    else if (event.key === "x") rows().find((row) => row.contains(document.activeElement))?.querySelector("[data-pick]")?.click();
    else if (event.key === "?") openHelp();
    else if (event.key === "/") document.querySelector("[data-key-search], .staff-search input, .filters input[type=search]")?.focus();
    else {
      const target = /^[a-z]$/.test(event.key) && document.querySelector(`[data-key="${event.key}"]`);
      if (!target) return;
      target.focus();
      if (target.matches("a, summary")) target.click();
    }
    event.preventDefault();
  });

  for (const button of document.querySelectorAll("[data-keys-help]")) {
    button.hidden = false;
    button.addEventListener("click", openHelp);
  }
})();
