// <live-filters>: applies filters, chips and sort order at once, in place, and updates the URL.
// data-as names the fragment to request, data-status the line that announces the result.
import { fetchPart, keepFocus, parse } from "./fragment.js";

class LiveFilters extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", (event) => event.target.form && this.show(this.withVariant(addressOf(event.target.form))));
    this.addEventListener("click", (event) => this.follow(event));
    this.addEventListener("submit", (event) => comeBackHere(event.target));
    this.hideButtons();
    this.shown = location.search;
    // Following an anchor adds a history entry, too, but shows the same fragment.
    addEventListener("popstate", () => this.shown !== location.search && this.show(location.href, { isBack: true }));
  }

  // Without JavaScript the buttons submit the forms. With it they are hidden, except the drawer's button,
  // which shows the number of results.
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

  // A fragment does not know which variant was selected above it in the meantime.
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
      // Elements in a closed drawer cannot take focus.
      if (scrolled !== null) this.querySelector("#filters").openAgain(scrolled);
    });
    document.getElementById(this.dataset.status ?? "list-status").textContent = this.querySelector("[data-list-count]").textContent;
    this.hideButtons();
  }
}

// Let a submitted form return to the current page, in case another variant was selected.
function comeBackHere(form) {
  if (form.method !== "post") return;
  const url = new URL(form.action);
  url.search = location.search;
  form.action = url.href;
}

function addressOf(form) {
  const url = new URL(form.getAttribute("action") || location.pathname, location.href);
  // The default sort order, which differs by list, is left out of the URL.
  const isDefault = (name, value) => form.elements[name]?.dataset?.default === value;
  const fields = [...new FormData(form)].filter(([name, value]) => value && !isDefault(name, value));
  url.search = new URLSearchParams(fields);
  return url.href;
}

customElements.define("live-filters", LiveFilters);
