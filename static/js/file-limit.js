// <file-limit>: reports at once that a chosen file is larger than its input's data-most bytes (text in
// data-too-large). The surrounding <checked-form> shows the message and blocks submitting until the file is replaced.

class FileLimit extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", ({ target }) => target.matches("input[type=file][data-most]") && this.check(target));
  }

  check(input) {
    const isTooLarge = [...input.files].some((file) => file.size > Number(input.dataset.most));
    input.setCustomValidity(isTooLarge ? input.dataset.tooLarge : "");
    // Simulate leaving the field, because <checked-form> validates then.
    input.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
  }
}

customElements.define("file-limit", FileLimit);
