// <quantity-stepper>: adds minus and plus buttons to a number field.

class QuantityStepper extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input");
    if (!this.input || this.querySelector("button")) return;
    this.down = this.makeStep("−", this.input.dataset.less, () => this.input.stepDown());
    this.up = this.makeStep("+", this.input.dataset.more, () => this.input.stepUp());
    this.input.before(this.down);
    this.input.after(this.up);
    this.input.addEventListener("input", () => this.mark());
    this.mark();
  }

  makeStep(sign, label, step) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = sign;
    button.setAttribute("aria-label", `${label}: ${this.input.getAttribute("aria-label")}`);
    button.addEventListener("click", () => {
      step();
      this.mark();
      this.input.dispatchEvent(new Event("change", { bubbles: true }));
    });
    return button;
  }

  mark() {
    const { value, min, max } = this.input;
    this.down.disabled = min !== "" && Number(value) <= Number(min);
    this.up.disabled = max !== "" && Number(value) >= Number(max);
  }
}

customElements.define("quantity-stepper", QuantityStepper);
