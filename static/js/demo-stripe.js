/* Implements the calls of Stripe.js that the payment page uses, for a shop without keys. Card numbers go
   to the demo gateway in this shop, which accepts only Stripe's test cards. */
(() => {
  const BASE = "/demo-gateway/v1/";
  const words = document.currentScript.dataset;

  async function post(path, data) {
    const answer = await fetch(`${BASE}${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(data),
    });
    return { ok: answer.ok, body: await answer.json() };
  }

  async function call(secret, action, data) {
    const id = secret.split("_secret_")[0];
    const kind = id.startsWith("seti_") ? "setup_intents" : "payment_intents";
    const { ok, body } = await post(`${kind}/${id}/${action}`, { client_secret: secret, ...data });
    return ok ? { paymentIntent: body, setupIntent: body } : { error: body.error };
  }

  function field(name, label, attributes) {
    const wrap = Object.assign(document.createElement("div"), { className: "field" });
    const text = Object.assign(document.createElement("label"), {
      className: "field__label", htmlFor: `demo-${name}`, textContent: label,
    });
    const input = Object.assign(document.createElement("input"), { id: `demo-${name}` });
    for (const [key, value] of Object.entries(attributes)) input.setAttribute(key, value);
    wrap.append(text, input);
    return { wrap, input };
  }

  const digits = (text) => text.replace(/\D/g, "");

  function choice(name, value, text, type = "radio") {
    const label = Object.assign(document.createElement("label"), { className: "choice" });
    const input = Object.assign(document.createElement("input"), { type, name, value });
    const caption = Object.assign(document.createElement("span"), { className: "choice__name", textContent: text });
    label.append(input, caption);
    return { label, input };
  }

  class CardElement {
    constructor(options) {
      this.session = options.customerSessionClientSecret;
      this.save = choice("demo-save", "yes", words.save, "checkbox");
      // Not `required`: hidden fields (behind a saved card) would block the form.
      const shared = { inputmode: "numeric", "aria-required": "true" };
      this.number = field("number", words.number, {
        ...shared, autocomplete: "cc-number", placeholder: "1234 1234 1234 1234", maxlength: 23,
      });
      this.expiry = field("expiry", words.expiry, {
        ...shared, autocomplete: "cc-exp", placeholder: words.month, maxlength: 7,
      });
      this.cvc = field("cvc", words.cvc, {
        ...shared, autocomplete: "cc-csc", placeholder: "CVC", maxlength: 4,
      });
      this.number.input.addEventListener("input", ({ target }) => {
        target.value = digits(target.value).slice(0, 19).replace(/(.{4})(?=.)/g, "$1 ");
      });
      this.expiry.input.addEventListener("input", ({ target }) => {
        const value = digits(target.value).slice(0, 4);
        target.value = value.length > 2 ? `${value.slice(0, 2)}/${value.slice(2)}` : value;
      });
    }

    mount(place) {
      const row = Object.assign(document.createElement("div"), { className: "form__row" });
      row.append(this.expiry.wrap, this.cvc.wrap);
      this.fields = Object.assign(document.createElement("div"), { className: "payment__fields" });
      this.fields.append(this.number.wrap, row);
      place.replaceChildren(this.fields);
      if (!this.session) return;
      this.fields.append(this.save.label);
      this.showSaved(place);
    }

    async showSaved(place) {
      const { ok, body } = await post("elements/demo/cards", { session: this.session });
      if (!ok || !body.cards.length) return;
      const set = Object.assign(document.createElement("fieldset"), { className: "choices" });
      this.saved = [...body.cards.map((card) => [card.id, `${card.brand} ···· ${card.last4}`]), ["", words.other]]
        .map(([id, text]) => choice("demo-card", id, text));
      set.append(
        Object.assign(document.createElement("legend"), { className: "visually-hidden", textContent: words.cards }),
        ...this.saved.map(({ label }) => label),
      );
      this.saved[0].input.checked = true;
      set.addEventListener("change", () => this.showFields());
      place.prepend(set);
      this.showFields();
    }

    // The selected saved card; "" for a new one.
    get chosen() {
      return this.saved?.find(({ input }) => input.checked)?.input.value ?? "";
    }

    showFields() {
      this.fields.hidden = Boolean(this.chosen);
    }

    problem() {
      const expiry = digits(this.expiry.input.value);
      if (digits(this.number.input.value).length < 12) return [this.number, words.numberIncomplete];
      if (expiry.length !== 4) return [this.expiry, words.expiryIncomplete];
      if (digits(this.cvc.input.value).length < 3) return [this.cvc, words.cvcIncomplete];
      return null;
    }

    check() {
      if (this.chosen) return {};
      for (const part of [this.number, this.expiry, this.cvc]) part.input.removeAttribute("aria-invalid");
      const problem = this.problem();
      if (!problem) return {};
      problem[0].input.setAttribute("aria-invalid", "true");
      problem[0].input.focus();
      return { error: { type: "validation_error", message: problem[1] } };
    }

    get card() {
      if (this.chosen) return { saved_card: this.chosen };
      const expiry = digits(this.expiry.input.value);
      return {
        number: digits(this.number.input.value),
        exp_month: Number(expiry.slice(0, 2)),
        exp_year: 2000 + Number(expiry.slice(2)),
        save: this.save.input.checked,
      };
    }
  }

  function button(text, className, value) {
    return Object.assign(document.createElement("button"), { textContent: text, className, value });
  }

  function askBank() {
    const dialog = Object.assign(document.createElement("dialog"), { className: "bank" });
    const form = Object.assign(document.createElement("form"), { method: "dialog", className: "bank__body" });
    form.append(
      Object.assign(document.createElement("h2"), { textContent: words.ask }),
      Object.assign(document.createElement("p"), { textContent: words.standsIn }),
      button(words.pass, "button", "pass"),
      button(words.refuse, "button button--ghost", "fail"),
    );
    dialog.append(form);
    document.body.append(dialog);
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => {
        resolve(dialog.returnValue === "pass");
        dialog.remove();
      });
    });
  }

  async function confirmPayment({ elements, clientSecret, confirmParams }) {
    let result = await call(clientSecret, "confirm", elements.element.card);
    if (result.paymentIntent?.status === "requires_action") {
      result = await call(clientSecret, "authenticate", { passed: await askBank() });
    }
    if (result.error) return result;
    const url = new URL(confirmParams.return_url);
    url.searchParams.set("payment_intent", result.paymentIntent.id);
    url.searchParams.set("redirect_status", result.paymentIntent.status);
    location.assign(url);
    return new Promise(() => {});
  }

  async function confirmSetup({ elements, clientSecret, confirmParams }) {
    const result = await call(clientSecret, "confirm", elements.element.card);
    if (result.error) return result;
    const url = new URL(confirmParams.return_url);
    url.searchParams.set("setup_intent", result.setupIntent.id);
    url.searchParams.set("redirect_status", result.setupIntent.status);
    location.assign(url);
    return new Promise(() => {});
  }

  window.Stripe = () => ({
    elements: (options) => ({
      element: null,
      create() { this.element = new CardElement(options); return this.element; },
      update(changes) { Object.assign(options, changes); },
      async submit() { return this.element.check(); },
    }),
    confirmPayment,
    confirmSetup,
  });
})();
