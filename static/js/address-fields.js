/* <address-fields data-name>: when the country in it changes, posts the form as a request for that country's
   fields and replaces its own by them, with what was typed. Nothing is saved by that request. */
import { fetchPart, keepFocus, parse } from "./fragment.js";

class AddressFields extends HTMLElement {
  connectedCallback() {
    this.closest("form").querySelector("[data-plain]")?.remove();
    this.addEventListener("change", (event) => /(^|-)country$/.test(event.target.name) && this.update());
  }

  async update() {
    const form = this.closest("form");
    const data = new FormData(form);
    data.set("update", "1");
    this.turn = (this.turn ?? 0) + 1;
    const turn = this.turn;
    this.setAttribute("aria-busy", "true");
    try {
      const answer = await fetchPart(form.getAttribute("action") || location.href, { method: "POST", body: data });
      const fresh = parse(answer.text).querySelector(`address-fields[data-name="${this.dataset.name}"]`);
      // Another change is under way, or the answer is another page: the submitted form is checked anyway.
      if (turn !== this.turn || !answer.ok || !fresh) return;
      keepTyped(this, fresh, data);
      keepFocus(this, () => this.replaceChildren(...fresh.childNodes));
      for (const field of this.querySelectorAll("[data-needed]")) field.required = true;
      dropErrors(form, this);
    } finally {
      if (turn === this.turn) this.removeAttribute("aria-busy");
    }
  }
}

// Copies what was typed while the request was under way into the new fields.
function keepTyped(before, fresh, sent) {
  for (const field of before.querySelectorAll("input:not([type=hidden])")) {
    const place = fresh.querySelector(`[name="${CSS.escape(field.name)}"]`);
    if (place && field.value !== sent.get(field.name)) place.value = field.value;
  }
}

// Removes what a summary says about the fields that were replaced.
function dropErrors(form, fields) {
  for (const summary of form.querySelectorAll("[data-error-summary]")) {
    for (const link of summary.querySelectorAll("a")) {
      if (fields.querySelector(link.getAttribute("href"))) link.closest("li").remove();
    }
    if (!summary.querySelector("li")) summary.remove();
  }
}

customElements.define("address-fields", AddressFields);
