// The little that a page does beyond links and forms. Everything works without it.
(() => {
  "use strict";

  // All errors at the top: the reader is taken to them first.
  const first = document.querySelector("[data-focus-first]");
  if (first) first.focus();

  // A form that is on its way is not sent twice; the server refuses the second one anyway.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.target) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  // A part of a form that the server draws anew must not undo what was typed while it was on its way: whatever the reader changed after
  // the request left is put back, and the place of the cursor with it.
  const answers = (root) => {
    const found = new Map();
    for (const field of root.querySelectorAll("input[name]:not([type=hidden]):not([type=file]), select[name], textarea[name]")) {
      const boxed = field.type === "checkbox" || field.type === "radio";
      found.set(`${field.name}\u0000${boxed ? field.value : ""}`, boxed ? field.checked : field.value);
    }
    return found;
  };
  const put = (root, key, value) => {
    const [name, option] = key.split("\u0000");
    for (const field of root.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (typeof value !== "boolean") field.value = value;
      else if (field.value === option) field.checked = value;
    }
  };
  const sent = new WeakMap();
  document.addEventListener("htmx:beforeRequest", (event) => sent.set(event.detail.xhr, answers(document.body)));
  document.addEventListener("htmx:beforeSwap", (event) => {
    const before = sent.get(event.detail.xhr);
    if (!before) return;
    const now = answers(event.detail.target);
    const later = [...now].filter(([key, value]) => before.has(key) && before.get(key) !== value);
    const at = document.activeElement;
    const place = event.detail.target.contains(at) && at.id ? { id: at.id, start: at.selectionStart } : null;
    document.addEventListener(
      "htmx:afterSwap",
      () => {
        for (const [key, value] of later) put(document.body, key, value);
        const field = place && document.getElementById(place.id);
        if (!field || field === document.activeElement) return;
        field.focus({ preventScroll: true });
        if (place.start !== null && place.start !== undefined && field.setSelectionRange) {
          try {
            field.setSelectionRange(place.start, place.start);
          } catch {
            // a number or a date has no cursor to put back
          }
        }
      },
      { once: true },
    );
  });

  // Read aloud by the browser's own voice, paragraph by paragraph, so that stopping is prompt and long pages are read to the end.
  const button = document.querySelector("[data-read-aloud]");
  const voice = window.speechSynthesis;
  if (!button || !voice || !window.SpeechSynthesisUtterance) return;
  const word = button.querySelector("span:not(.icon)");
  const say = word.textContent;
  const rest = () => {
    word.textContent = say;
    button.removeAttribute("aria-pressed");
  };
  const pieces = () => {
    const found = [];
    for (const part of document.querySelectorAll("main :is(h1,h2,h3,h4,p,li,dt,dd,th,td,label,legend,summary,a.button,button)")) {
      if (part.querySelector("p,li,dd,h2,h3,h4,label") || !part.checkVisibility?.()) continue;
      const text = part.innerText.trim();
      if (text) found.push(text);
    }
    return found;
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    if (voice.speaking || voice.pending) {
      voice.cancel();
      rest();
      return;
    }
    const texts = pieces();
    texts.forEach((text, index) => {
      const utterance = new SpeechSynthesisUtterance(text);
      utterance.lang = document.documentElement.lang;
      utterance.rate = 0.9;
      if (index === texts.length - 1) utterance.onend = rest;
      voice.speak(utterance);
    });
    word.textContent = button.dataset.sayStop;
    button.setAttribute("aria-pressed", "true");
  });
  window.addEventListener("pagehide", () => voice.cancel());
})();
