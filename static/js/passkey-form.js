// <passkey-form data-act="create|get" [data-options] data-refused>: asks the browser for a passkey before its form
// is submitted. The options are JSON in the element, or requested from data-options by POST. It may be hidden at first.

class PasskeyForm extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.note = this.querySelector("[data-passkey-error]");
    if (!window.PublicKeyCredential) return;
    this.hidden = false;
    this.form?.addEventListener("submit", (event) => this.onSubmit(event));
  }

  async onSubmit(event) {
    const field = this.form.elements.credential;
    event.preventDefault();
    this.note.hidden = true;
    try {
      const credential = await this.ask(await this.options());
      field.value = JSON.stringify(asJson(credential));
      field.disabled = false;
      this.form.submit();
    } catch {
      this.note.textContent = this.dataset.refused;
      this.note.hidden = false;
    }
  }

  async options() {
    if (!this.dataset.options) return JSON.parse(this.querySelector("script[type='application/json']").textContent);
    const answer = await fetch(this.dataset.options, {
      method: "POST",
      body: new URLSearchParams({ csrfmiddlewaretoken: this.form.elements.csrfmiddlewaretoken.value }),
      headers: { Accept: "application/json" },
    });
    if (!answer.ok) throw new Error(answer.statusText);
    return answer.json();
  }

  ask({ publicKey }) {
    if (this.dataset.act === "get") return navigator.credentials.get({ publicKey: requestOf(publicKey) });
    const alone = this.form.elements.passwordless?.checked;
    const selection = { ...publicKey.authenticatorSelection, residentKey: alone ? "required" : "discouraged", requireResidentKey: Boolean(alone) };
    if (alone) selection.userVerification = "required";
    return navigator.credentials.create({ publicKey: creationOf({ ...publicKey, authenticatorSelection: selection }) });
  }
}

function creationOf(options) {
  const user = { ...options.user, id: bytes(options.user.id) };
  return { ...options, user, challenge: bytes(options.challenge), excludeCredentials: listed(options.excludeCredentials) };
}

function requestOf(options) {
  return { ...options, challenge: bytes(options.challenge), allowCredentials: listed(options.allowCredentials) };
}

function listed(credentials) {
  return (credentials ?? []).map((credential) => ({ ...credential, id: bytes(credential.id) }));
}

// Serialised by hand, because toJSON() is newer than passkeys.
function asJson(credential) {
  const { response } = credential;
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const sent = Object.fromEntries(parts.filter((part) => response[part]).map((part) => [part, text(response[part])]));
  if (response.getTransports) sent.transports = response.getTransports();
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: sent,
  };
}

function bytes(base64url) {
  const binary = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function text(buffer) {
  const binary = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

customElements.define("passkey-form", PasskeyForm);
