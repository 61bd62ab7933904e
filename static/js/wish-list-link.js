// <wish-list-link>: shows the wish lists of a product without leaving the page. Guests go to the sign-in page.
import { fetchPart, parse } from "./fragment.js";

class WishListLink extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", (event) => this.open(event));
  }

  async open(event) {
    const link = event.target.closest("a");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    const answer = await fetchPart(link.href).catch(() => null);
    const form = answer?.ok && new URL(answer.url).pathname === link.pathname && parse(answer.text).querySelector("[data-wish-list]");
    if (!form) return location.assign(link.href);
    const dialog = document.createElement("dialog");
    dialog.className = "sheet-dialog";
    dialog.setAttribute("aria-labelledby", "wish-list-title");
    dialog.append(form);
    form.querySelector("form").action = link.href;
    form.querySelector("form .more")?.addEventListener("click", (click) => {
      click.preventDefault();
      dialog.close();
    });
    dialog.addEventListener("click", (click) => click.target === dialog && dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      link.focus();
    });
    document.body.append(dialog);
    dialog.showModal();
  }
}

customElements.define("wish-list-link", WishListLink);
