// <search-suggestions data-source data-found data-none>: a search box with suggestions, an ARIA combobox.
// Arrow keys move through the options or reopen them, Enter opens one, Escape closes. Typing searches as usual.
import { fetchPart } from "./fragment.js";

const WAIT_MS = 150;

class SearchSuggestions extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input[type=search]");
    this.list = document.createElement("div");
    this.list.id = `${this.input.id}-suggestions`;
    this.list.className = "suggestions";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", this.dataset.label);
    this.list.hidden = true;
    // Keep the focus in the box: a click next to an option, such as on a heading, would close the list.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.status = Object.assign(document.createElement("p"), { className: "visually-hidden" });
    this.status.setAttribute("role", "status");
    this.append(this.list, this.status);
    const facts = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id };
    for (const [name, value] of Object.entries(facts)) this.input.setAttribute(name, value);
    this.input.addEventListener("input", () => this.ask());
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.addEventListener("focusout", (event) => this.contains(event.relatedTarget) || this.close());
  }

  get options() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  ask() {
    clearTimeout(this.timer);
    const words = this.input.value.trim();
    if (words.length < 2) return this.close();
    this.timer = setTimeout(() => this.fetch(words), WAIT_MS);
  }

  async fetch(words) {
    const answer = await fetchPart(`${this.dataset.source}?${new URLSearchParams({ q: words })}`).catch(() => null);
    if (!answer?.ok || this.input.value.trim() !== words || document.activeElement !== this.input) return;
    this.list.innerHTML = answer.text;
    // A page has several search boxes, each with its own results.
    for (const option of this.options) option.id = `${this.input.id}-${option.id}`;
    const count = this.options.length;
    this.status.textContent = count ? this.dataset.found.replace("%d", count) : this.dataset.none;
    this.select(null);
    this.list.hidden = !count;
    this.input.setAttribute("aria-expanded", String(count > 0));
  }

  onKey(event) {
    if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      return this.close();
    }
    if (event.key === "Enter" && this.chosen) {
      event.preventDefault();
      return this.chosen.click();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    if (this.list.hidden) return this.ask();
    const places = [null, ...this.options];
    this.select(places.at((places.indexOf(this.chosen ?? null) + step) % places.length));
  }

  select(option) {
    this.chosen?.removeAttribute("aria-selected");
    this.chosen = option;
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  close() {
    clearTimeout(this.timer);
    this.list.hidden = true;
    this.select(null);
    this.input.setAttribute("aria-expanded", "false");
  }
}

customElements.define("search-suggestions", SearchSuggestions);
