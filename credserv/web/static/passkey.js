// Passkeys (W3C Web Authentication): asks the browser for one, and sends what it said as a form.
// Without this script, or a browser that knows passkeys, the forms stay hidden: there is the mailed link.
"use strict";

(() => {
  if (!window.PublicKeyCredential || !PublicKeyCredential.parseRequestOptionsFromJSON) return;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      answer(form).catch((error) => tell(form, error));
    });
  }

  async function answer(form) {
    const body = new FormData();
    body.set("csrf_token", form.elements.csrf_token.value);
    const asked = await fetch(form.dataset.passkey, { method: "POST", body, headers: { Accept: "application/json" } });
    const told = await asked.json();
    if (asked.status === 403) return form.submit(); // the page that answers asks for proof
    if (!asked.ok) throw new Error(told.detail);
    const made = form.dataset.makes
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(told) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(told) });
    form.elements.challenge.value = told.challenge;
    form.elements.credential.value = JSON.stringify(made.toJSON());
    form.submit();
  }

  function tell(form, error) {
    const line = form.querySelector(".fault");
    line.textContent = error.name === "NotAllowedError" ? "No passkey was used. Try again, or use a mailed link." : error.message;
    line.hidden = false;
  }
})();
