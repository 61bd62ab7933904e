/* <folded-fields data-control data-value>: shows its [data-folded] fields only while the form's
   control of that name has that value ("" for an unticked box). */
class FoldedFields extends HTMLElement {
  connectedCallback() {
    this.fields = this.querySelector("[data-folded]");
    this.form = this.closest("form");
    this.querySelector("[data-folded-hint]")?.remove();
    // The fields are visible without this element, even if not needed, so the HTML cannot require them.
    for (const field of this.fields.querySelectorAll("[data-needed]")) field.required = true;
    this.form.addEventListener("change", () => this.show());
    this.show();
  }

  show() {
    const value = new FormData(this.form).get(this.dataset.control) ?? "";
    this.fields.hidden = value !== this.dataset.value;
    // Disabled fields are neither validated nor submitted.
    this.fields.disabled = this.fields.hidden;
  }
}

customElements.define("folded-fields", FoldedFields);
