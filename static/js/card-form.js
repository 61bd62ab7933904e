/* <card-form>: saves a card with the Payment Element, without a payment. */
class CardForm extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.button = this.querySelector("[data-submit]");
    this.error = this.querySelector("[data-error]");
    this.place = this.querySelector("[data-element]");
    if (!window.Stripe) return this.fail(this.dataset.slow);
    this.stripe = window.Stripe(this.dataset.key, { locale: document.documentElement.lang.slice(0, 2) });
    this.elements = this.stripe.elements({ mode: "setup", currency: this.dataset.currency });
    this.elements.create("payment").mount(this.place);
    this.button.disabled = false;
    this.form.addEventListener("submit", (event) => this.submit(event));
  }

  async submit(event) {
    event.preventDefault();
    if (this.busy) return;
    this.setBusy(true);
    try {
      await this.save();
    } catch {
      this.fail(this.dataset.slow);
    }
  }

  async save() {
    const checked = await this.elements.submit();
    if (checked.error) return this.fail(checked.error.message);
    const answer = await fetch(this.dataset.secret, {
      method: "POST", body: new FormData(this.form),
    });
    const { client_secret: clientSecret, error } = await answer.json();
    if (error) return this.fail(error);
    const result = await this.stripe.confirmSetup({
      elements: this.elements,
      clientSecret,
      confirmParams: { return_url: this.dataset.return },
    });
    if (result.error) this.fail(result.error.message);
  }

  fail(text) {
    this.setBusy(false);
    this.error.textContent = text;
    this.error.hidden = false;
    this.error.focus();
  }

  setBusy(busy) {
    this.busy = busy;
    this.button.setAttribute("aria-busy", busy);
    this.button.setAttribute("aria-disabled", busy);
    if (busy) this.error.hidden = true;
  }
}

customElements.define("card-form", CardForm);
