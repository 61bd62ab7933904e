// <live-basket>: applies quantities, removals and vouchers in place. The server renders the result.
import { fetchPart, keepFocus, parse, showCount } from "./fragment.js";

class LiveBasket extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", (event) => this.onChange(event));
    this.addEventListener("submit", (event) => this.onSubmit(event));
    this.hideButton();
  }

  // Needed only without JavaScript.
  hideButton() {
    const button = this.querySelector("[data-apply]");
    if (button) button.hidden = true;
  }

  onChange(event) {
    const form = event.target.form;
    if (form?.id === "basket-form") this.send(form, null);
  }

  onSubmit(event) {
    const button = event.submitter;
    const isLive = event.target.id === "basket-form" || event.target.hasAttribute("data-live");
    if (!isLive || button?.hasAttribute("formaction")) return;
    event.preventDefault();
    this.send(event.target, button);
  }

  async send(form, button) {
    this.turn = (this.turn ?? 0) + 1;
    const turn = this.turn;
    this.setAttribute("aria-busy", "true");
    try {
      const answer = await fetchPart(form.action, { method: "POST", body: new FormData(form, button) });
      if (turn !== this.turn) return;
      const fresh = parse(answer.text).querySelector("[data-basket]");
      if (!answer.ok || !fresh) return location.reload();
      keepFocus(this, () => this.querySelector("[data-basket]").replaceWith(fresh));
      showCount(fresh.dataset.count);
      this.hideButton();
    } catch {
      form.submit();
    } finally {
      this.removeAttribute("aria-busy");
    }
  }
}

customElements.define("live-basket", LiveBasket);
