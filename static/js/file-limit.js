// <file-limit>: says at once when a chosen file is larger than its input's data-most bytes (the words stand in
// data-too-large). The <checked-form> around it shows the words, and sends nothing until another one is chosen.

class FileLimit extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", ({ target }) => target.matches("input[type=file][data-most]") && this.check(target));
  }

  check(input) {
    const isTooLarge = [...input.files].some((file) => file.size > Number(input.dataset.most));
    input.setCustomValidity(isTooLarge ? input.dataset.tooLarge : "");
    // As if the field was left: that is when a <checked-form> speaks.
    input.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
  }
}

customElements.define("file-limit", FileLimit);
