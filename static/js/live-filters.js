// <live-filters>: a filter, a chip or the order takes effect at once, in place, with its address.
// data-as names the part of the page to ask for, data-status the line that says what is shown.
import { fetchPart, keepFocus, parse } from "./fragment.js";

class LiveFilters extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", (event) => event.target.form && this.show(this.withVariant(addressOf(event.target.form))));
    this.addEventListener("click", (event) => this.follow(event));
    this.addEventListener("submit", (event) => comeBackHere(event.target));
    this.hideButtons();
    this.shown = location.search;
    // Following an anchor is a step in the history, too, but shows the same part.
    addEventListener("popstate", () => this.shown !== location.search && this.show(location.href, { isBack: true }));
  }

  // Without JavaScript the buttons send the forms; with it they are not needed, and the one of the
  // drawer tells how many products lie behind it.
  hideButtons() {
    for (const button of this.querySelectorAll(".chips__sort [data-apply]")) button.hidden = true;
    for (const button of this.querySelectorAll(".facets [data-apply]")) {
      button.classList.add("only-narrow");
      button.textContent = button.dataset.counted;
      button.addEventListener("click", (event) => {
        event.preventDefault();
        this.querySelector("#filters")?.hidePopover?.();
      });
    }
  }

  follow(event) {
    const link = event.target.closest("[data-live]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    this.show(this.withVariant(link.href));
  }

  async show(href, { isBack = false } = {}) {
    this.latest = href;
    this.setAttribute("aria-busy", "true");
    try {
      const answer = await fetchPart(this.partOf(href));
      if (this.latest !== href) return;
      if (!answer.ok) return location.assign(href);
      this.swap(parse(answer.text));
      if (!isBack) history.pushState(null, "", href);
      this.shown = location.search;
    } catch {
      location.assign(href);
    } finally {
      this.removeAttribute("aria-busy");
    }
  }

  // A part of a page does not know which variant was chosen above it since.
  withVariant(href) {
    const url = new URL(href);
    const variant = new URL(location).searchParams.get("variant");
    if (this.dataset.as && variant) url.searchParams.set("variant", variant);
    return url.href;
  }

  partOf(href) {
    const url = new URL(href, location.href);
    if (this.dataset.as) url.searchParams.set("as", this.dataset.as);
    url.hash = "";
    return url;
  }

  swap(fresh) {
    const drawer = this.querySelector("#filters");
    const scrolled = drawer?.matches(":popover-open") ? drawer.scrollTop : null;
    keepFocus(this, () => {
      this.replaceChildren(...fresh.childNodes);
      // Nothing in a closed drawer takes the keyboard.
      if (scrolled !== null) this.querySelector("#filters").openAgain(scrolled);
    });
    document.getElementById(this.dataset.status ?? "list-status").textContent = this.querySelector("[data-list-count]").textContent;
    this.hideButtons();
  }
}

// A form that is sent leads back to the page as it is by then, another variant chosen.
function comeBackHere(form) {
  if (form.method !== "post") return;
  const url = new URL(form.action);
  url.search = location.search;
  form.action = url.href;
}

function addressOf(form) {
  const url = new URL(form.getAttribute("action") || location.pathname, location.href);
  // The order that the list has by itself needs no word in the address; that order differs by list.
  const isDefault = (name, value) => form.elements[name]?.dataset?.default === value;
  const fields = [...new FormData(form)].filter(([name, value]) => value && !isDefault(name, value));
  url.search = new URLSearchParams(fields);
  return url.href;
}

customElements.define("live-filters", LiveFilters);
