/* <folded-fields data-control data-value>: shows its [data-folded] fields only while the form's
   control of that name has that value ("" for a box that is not ticked). */
class FoldedFields extends HTMLElement {
  connectedCallback() {
    this.fields = this.querySelector("[data-folded]");
    this.form = this.closest("form");
    this.querySelector("[data-folded-hint]")?.remove();
    // Without this element the fields stand open where nobody needs them, so HTML cannot ask for them.
    for (const field of this.fields.querySelectorAll("[data-needed]")) field.required = true;
    this.form.addEventListener("change", () => this.show());
    this.show();
  }

  show() {
    const value = new FormData(this.form).get(this.dataset.control) ?? "";
    this.fields.hidden = value !== this.dataset.value;
    // Disabled fields are neither validated nor sent.
    this.fields.disabled = this.fields.hidden;
  }
}

customElements.define("folded-fields", FoldedFields);
