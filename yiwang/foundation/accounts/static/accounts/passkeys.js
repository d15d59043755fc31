// Passkeys: the browser's own ceremony between a button and its form. A form says which by data-passkey: login asks the node
// for a challenge first; confirm and add have it in a JSON block of the page.
(() => {
  "use strict";

  const ceremonies = {
    login: async (form) => {
      const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(`the node answered ${answer.status}`);
      return webauthnJSON.get((await answer.json()).request_options);
    },
    confirm: async () => webauthnJSON.get(given().request_options),
    add: async (form) => {
      const options = given().creation_options;
      const alone = form.elements.passwordless?.checked ?? false;
      const wanted = options.publicKey.authenticatorSelection;
      wanted.residentKey = alone ? "required" : "discouraged";
      wanted.requireResidentKey = alone;
      if (alone) wanted.userVerification = "required";
      return webauthnJSON.create(options);
    },
  };
  const given = () => JSON.parse(document.getElementById("passkey-options").textContent);

  if (!window.PublicKeyCredential || !window.isSecureContext) return;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.classList.add("script-here");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const trouble = form.querySelector("[role=alert]");
      trouble.hidden = true;
      try {
        form.elements.credential.value = JSON.stringify(await ceremonies[form.dataset.passkey](form));
        form.submit();
      } catch {
        trouble.textContent = form.dataset.trouble;
        trouble.hidden = false;
      }
    });
  }
})();
