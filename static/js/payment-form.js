/* <payment-form>: the Payment Element in the form that places the order.
   "Pay" posts the form first, which places the order and reserves the stock, and then confirms the card.
   After a second press, a decline or a lost response, the same order and intent are used again. */
class PaymentForm extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.button = this.querySelector("[data-submit]");
    this.error = this.querySelector("[data-error]");
    this.button.disabled = false;
    this.form.addEventListener("submit", (event) => this.submit(event));
    this.place = this.querySelector("[data-element]");
    this.place.replaceChildren();
    this.form.addEventListener("change", () => this.showMethod());
    this.showMethod();
    const isCardOffered = this.form.elements.payment_method?.type !== "hidden";
    if (isCardOffered && !this.dataset.free) this.mount().catch(() => this.fail(this.dataset.slow));
  }

  get isTransfer() {
    return new FormData(this.form).get("payment_method") === "transfer";
  }

  showMethod() {
    this.pays ??= this.button.textContent;
    this.place.hidden = this.isTransfer;
    for (const part of document.querySelectorAll("[data-card-only]")) part.hidden = this.isTransfer;
    this.button.textContent = this.isTransfer ? this.button.dataset.order : this.pays;
  }

  // The secret with which the element shows the account's saved cards; without it, a new card.
  async session() {
    if (!this.dataset.session) return {};
    const token = this.form.elements.csrfmiddlewaretoken.value;
    const answer = await fetch(this.dataset.session, {
      method: "POST", headers: { "X-CSRFToken": token },
    });
    if (!answer.ok) return {};
    const { client_secret: customerSessionClientSecret } = await answer.json();
    return customerSessionClientSecret ? { customerSessionClientSecret } : {};
  }

  async mount() {
    if (!window.Stripe) return this.fail(this.dataset.slow);
    const session = await this.session().catch(() => ({}));
    this.stripe = window.Stripe(this.dataset.key, { locale: document.documentElement.lang.slice(0, 2) });
    this.elements = this.stripe.elements({
      mode: "payment",
      amount: Number(this.dataset.amount),
      currency: this.dataset.currency,
      captureMethod: this.dataset.capture,
      appearance: this.appearance(),
      ...session,
    });
    const email = this.dataset.email;
    const element = this.elements.create("payment", { defaultValues: { billingDetails: { email } } });
    element.mount(this.place);
  }

  appearance() {
    const style = getComputedStyle(document.body);
    const night = matchMedia("(prefers-color-scheme: dark)").matches;
    return {
      theme: night ? "night" : "stripe",
      variables: { fontFamily: style.fontFamily, colorText: style.color, borderRadius: "3px" },
    };
  }

  async submit(event) {
    event.preventDefault();
    if (this.busy) return;
    this.setBusy(true);
    try {
      await this.pay();
    } catch {
      this.fail(this.dataset.slow);
    }
  }

  async pay() {
    // Without an element nothing can be confirmed, so nothing may be ordered either.
    const needsCard = !this.dataset.free && !this.isTransfer;
    if (needsCard && !this.elements) return this.fail(this.dataset.slow);
    if (needsCard) {
      const { error } = await this.elements.submit();
      if (error) return this.fail(error.message);
    }
    const answer = await fetch(this.dataset.pay, {
      method: "POST",
      body: new FormData(this.form),
      headers: { Accept: "application/json" },
    });
    if (answer.redirected) return location.assign(answer.url);
    const order = await answer.json();
    if (order.is_changed && (await this.showChanged())) return this.fail(order.error);
    if (order.error) return this.fail(order.error, order.href, order.label);
    this.lockAnswers();
    if (order.done) return location.assign(order.done);
    const { error } = await this.stripe.confirmPayment({
      elements: this.elements,
      clientSecret: order.client_secret,
      confirmParams: { return_url: order.return_url },
    });
    if (error) this.fail(`${error.message} ${this.dataset.kept}`);
  }

  // Another tab changed the order: show it as it is now, and leave the card's fields as they are.
  async showChanged() {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("payment-form");
    const parts = ".checkout__fold > summary, #order-summary, .step--done";
    const [old, now] = [document, page].map((root) => [...root.querySelectorAll(parts)]);
    // Otherwise the message links to the page, which has to be loaded again.
    if (!fresh || old.length !== now.length || fresh.dataset.free !== this.dataset.free) return false;
    for (const [place, part] of old.entries()) part.replaceWith(now[place]);
    for (const name of ["shown", "attempt"]) {
      this.form.elements[name].value = fresh.querySelector(`[name="${name}"]`).value;
    }
    const [methods, offered] = [this.form, fresh].map((place) => place.querySelector(".choices"));
    if (methods && offered && methods.outerHTML !== offered.outerHTML) methods.replaceWith(offered);
    if (this.form.elements.attempt.value) this.lockAnswers();
    this.pays = fresh.querySelector("[data-submit]").textContent;
    this.showMethod();
    this.elements?.update({ amount: Number(fresh.dataset.amount) });
    return true;
  }

  // The order exists now: to change its details, the shopper has to cancel it.
  lockAnswers() {
    for (const link of document.querySelectorAll(".step__edit")) link.hidden = true;
    const change = document.querySelector("[data-change]");
    if (change) change.hidden = false;
  }

  fail(text, href, label) {
    this.setBusy(false);
    this.error.textContent = text;
    if (href) {
      this.error.append(" ", Object.assign(document.createElement("a"), { href, textContent: label }));
    }
    this.error.hidden = false;
    this.error.focus?.();
  }

  setBusy(busy) {
    this.busy = busy;
    this.button.setAttribute("aria-busy", busy);
    this.button.setAttribute("aria-disabled", busy);
    if (busy) this.error.hidden = true;
  }
}

customElements.define("payment-form", PaymentForm);
