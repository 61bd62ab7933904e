/* The calls of Stripe.js that the payment page uses, for a shop without keys. The card's number goes
   to the demo gateway in this same shop, which knows Stripe's test cards and nothing else. */
(() => {
  const BASE = "/demo-gateway/v1/payment_intents/";

  async function call(secret, action, data) {
    const id = secret.split("_secret_")[0];
    const answer = await fetch(`${BASE}${id}/${action}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ client_secret: secret, ...data }),
    });
    const body = await answer.json();
    return answer.ok ? { paymentIntent: body } : { error: body.error };
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

  class CardElement {
    constructor() {
      const shared = { inputmode: "numeric", required: "" };
      this.number = field("number", "Card number", {
        ...shared, autocomplete: "cc-number", placeholder: "1234 1234 1234 1234", maxlength: 23,
      });
      this.expiry = field("expiry", "Expiry (MM/YY)", {
        ...shared, autocomplete: "cc-exp", placeholder: "MM/YY", maxlength: 7,
      });
      this.cvc = field("cvc", "Security code", {
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
      place.replaceChildren(this.number.wrap, row);
    }

    problem() {
      const expiry = digits(this.expiry.input.value);
      if (digits(this.number.input.value).length < 12) return [this.number, "Your card number is incomplete."];
      if (expiry.length !== 4) return [this.expiry, "Your card's expiry date is incomplete."];
      if (digits(this.cvc.input.value).length < 3) return [this.cvc, "Your card's security code is incomplete."];
      return null;
    }

    check() {
      for (const part of [this.number, this.expiry, this.cvc]) part.input.removeAttribute("aria-invalid");
      const problem = this.problem();
      if (!problem) return {};
      problem[0].input.setAttribute("aria-invalid", "true");
      problem[0].input.focus();
      return { error: { type: "validation_error", message: problem[1] } };
    }

    get card() {
      const expiry = digits(this.expiry.input.value);
      return {
        number: digits(this.number.input.value),
        exp_month: Number(expiry.slice(0, 2)),
        exp_year: 2000 + Number(expiry.slice(2)),
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
      Object.assign(document.createElement("h2"), { textContent: "Your bank asks: is this you?" }),
      Object.assign(document.createElement("p"), { textContent: "DEMO – this stands in for your bank's 3-D Secure page." }),
      button("Yes, confirm the payment", "button", "pass"),
      button("No, refuse it", "button button--ghost", "fail"),
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

  window.Stripe = () => ({
    elements: () => ({
      element: null,
      create() { this.element = new CardElement(); return this.element; },
      async submit() { return this.element.check(); },
    }),
    confirmPayment,
  });
})();
