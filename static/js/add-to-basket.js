// <add-to-basket>: submits its form without leaving the page and opens the returned drawer.
import { fetchPart, parse, showCount } from "./fragment.js";

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
      if (answer.ok) showAdded(answer.text);
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

// The drawer is modal: the browser moves the focus in, keeps it there, closes on Escape and gives it back.
function showAdded(html) {
  const drawer = parse(html).querySelector("[data-added]");
  if (!drawer) return location.reload();
  document.dispatchEvent(new Event("basket-added"));
  // Added from the drawer: the browser gives the focus back to where the first one was opened.
  for (const open of document.querySelectorAll("[data-added]")) open.close();
  document.body.append(drawer);
  showCount(drawer.dataset.count);
  drawer.addEventListener("close", () => drawer.remove());
  drawer.addEventListener("click", (event) => {
    if (event.target === drawer || event.target.closest("[data-close]")) drawer.close();
  });
  drawer.showModal();
}

customElements.define("add-to-basket", AddToBasket);
