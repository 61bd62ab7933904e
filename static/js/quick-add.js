// <quick-add>: opens the buy box of a card's product in a dialog. Without scripts its link leads to the product.
import { fetchPart, parse } from "./fragment.js";

class QuickAdd extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", (event) => this.open(event));
  }

  async open(event) {
    const link = event.target.closest("a");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    const url = new URL(link.href);
    url.searchParams.set("as", "block");
    link.setAttribute("aria-busy", "true");
    try {
      const answer = await fetchPart(url);
      if (!answer.ok) throw new Error(answer.status);
      show(parse(answer.text), link);
    } catch {
      location.assign(link.href);
    } finally {
      link.removeAttribute("aria-busy");
    }
  }
}

function show(content, opener) {
  const dialog = document.getElementById("quick-add");
  const place = dialog.querySelector("variant-switch");
  place.forget();
  place.replaceChildren(...content.childNodes);
  dialog.setAttribute("aria-label", place.querySelector("h2")?.textContent.trim() ?? "");
  dialog.addEventListener("close", () => opener.focus({ preventScroll: true }), { once: true });
  dialog.showModal();
}

document.getElementById("quick-add")?.addEventListener("click", (event) => {
  const dialog = event.currentTarget;
  if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
});

// The note about the added product appears on the page, below a modal dialog.
document.addEventListener("basket-added", () => document.getElementById("quick-add")?.close());

customElements.define("quick-add", QuickAdd);
