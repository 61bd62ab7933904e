// <add-to-basket>: submits its form without leaving the page and shows the returned note.
import { fetchPart, parse, showCount } from "./fragment.js";

const SHOWN_MS = 9000;

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
      else if (answer.status === 422 || answer.status === 429) this.say(answer.text);
      else form.submit();
    } catch {
      form.submit();
    } finally {
      button.removeAttribute("aria-busy");
      if (busy) button.textContent = label;
    }
  }

  say(text) {
    const place = this.querySelector("[data-error]");
    place.textContent = text;
    place.hidden = !text;
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
