// <add-to-basket>: submits its form without leaving the page and shows the returned note.
import { fetchPart, parse, showCount } from "./fragment.js";

const SHOWN_MS = 9000;
let refusals = 0;

class AddToBasket extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", (event) => this.send(event));
  }

  async send(event) {
    event.preventDefault();
    const form = event.target;
    const button = form.querySelector("button[data-busy], button[data-icon]");
    if (button.getAttribute("aria-busy") === "true") return;
    const label = button.textContent;
    const busy = button.dataset.busy;
    button.setAttribute("aria-busy", "true");
    if (busy) button.textContent = busy;
    this.say("");
    try {
      const answer = await fetchPart(form.action, { method: "POST", body: new FormData(form) });
      if (answer.ok) showNote(answer.text, button);
      else if (answer.status === 422 || answer.status === 429) this.say(answer.text, answer.invalid);
      else form.submit();
    } catch {
      form.submit();
    } finally {
      button.removeAttribute("aria-busy");
      if (busy) button.textContent = label;
    }
  }

  // Shows why nothing was added, marks the fields that it is about, and focuses the first.
  say(text, invalid = []) {
    const place = this.querySelector("[data-error]");
    place.textContent = text;
    place.hidden = !text;
    place.id ||= `refusal-${++refusals}`;
    const fields = [...this.querySelectorAll("[name]")];
    for (const field of fields) {
      field.removeAttribute("aria-invalid");
      if (field.getAttribute("aria-describedby") === place.id) field.removeAttribute("aria-describedby");
    }
    const wrong = fields.filter((field) => field.type !== "hidden" && invalid.includes(field.name));
    for (const field of wrong) {
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", place.id);
    }
    wrong[0]?.focus();
  }
}

function showNote(html, opener) {
  const note = parse(html).querySelector("[data-toast]");
  const region = document.getElementById("status");
  if (!note) return location.reload();
  document.dispatchEvent(new Event("basket-added"));
  region.replaceChildren(note);
  showCount(note.dataset.count);
  let timer = setTimeout(close, SHOWN_MS);
  function close() {
    clearTimeout(timer);
    if (note.contains(document.activeElement)) opener.focus();
    note.remove();
  }
  note.addEventListener("mouseenter", () => clearTimeout(timer));
  note.addEventListener("focusin", () => clearTimeout(timer));
  note.addEventListener("mouseleave", () => {
    timer = setTimeout(close, SHOWN_MS);
  });
  note.addEventListener("keydown", (event) => event.key === "Escape" && close());
  note.querySelector("[data-close]").addEventListener("click", close);
}

customElements.define("add-to-basket", AddToBasket);
