// <variant-switch>: selects another variant by replacing the parts of the page that depend on it.
// On a product page the URL changes with replaceState: one step back leads to the list, and a reload, a bookmark
// or Forward shows the last selected variant.
import { fetchPart, keepFocus, parse } from "./fragment.js";

class VariantSwitch extends HTMLElement {
  // What the shopper typed, by field. It outlives a variant without the field, such as a sold-out one.
  typed = new Map();

  connectedCallback() {
    this.addEventListener("click", (event) => this.choose(event));
    this.addEventListener("change", (event) => this.pick(event));
    this.addEventListener("submit", (event) => this.hold(event), true);
    this.isPage = this.querySelector(".buy-box--page") !== null;
    this.shown = chosenIn(location);
    if (this.isPage) addEventListener("popstate", () => this.follow());
  }

  // Other parts of the page (reviews, anchors) add history entries of their own and rarely change the variant.
  follow() {
    if (chosenIn(location) !== this.shown) this.show(location.href);
  }

  choose(event) {
    const link = event.target.closest("[data-variant]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    if (link.hasAttribute("aria-current")) return;
    this.select(link.dataset.variant);
  }

  // A drop-down list of an option, whose form is for browsers without scripts.
  pick(event) {
    const list = event.target.closest("select[data-choice]");
    if (list) this.select(`${list.dataset.url}?variant=${list.value}`);
  }

  // "Add" pressed while the chosen variant is still loading adds that variant, not the one before.
  hold(event) {
    if (!this.hasAttribute("aria-busy") || !event.target.closest("add-to-basket")) return;
    event.preventDefault();
    event.stopPropagation();
    this.held = true;
  }

  select(address) {
    const href = new URL(address, location).href;
    if (this.isPage) history.replaceState(history.state, "", addressWith(chosenIn(href)));
    this.show(href);
  }

  async show(href) {
    const url = new URL(href);
    if (!this.isPage) url.searchParams.set("as", "block");
    this.latest = url.href;
    this.shown = chosenIn(href);
    this.setAttribute("aria-busy", "true");
    try {
      const answer = await fetchPart(url);
      if (this.latest !== url.href) return;
      if (!answer.ok) location.assign(href);
      else this.swap(parse(answer.text));
    } catch {
      location.assign(href);
    } finally {
      if (this.latest === url.href) this.settle();
    }
  }

  settle() {
    this.removeAttribute("aria-busy");
    if (this.held) this.querySelector("add-to-basket form")?.requestSubmit();
    this.held = false;
  }

  swap(fresh) {
    for (const field of fieldsOf(this)) {
      if (isTick(field)) this.typed.set(keyOf(field), field.checked);
      else if (field.value !== field.defaultValue) this.typed.set(keyOf(field), field.value);
    }
    keepFocus(this, () => {
      for (const part of this.parts()) {
        const other = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
        if (!this.contains(part)) part.hidden = !other;
        if (!other) continue;
        if (!this.isPage) keepOwn(part, other);
        for (const field of fieldsOf(other)) fill(field, this.typed.get(keyOf(field)));
        part.replaceWith(other);
      }
    });
  }

  // What depends on the variant: on a product's page also below, but not in another <variant-switch>.
  parts() {
    const all = (this.isPage ? document : this).querySelectorAll("[data-part]");
    return [...all].filter((part) => [this, null].includes(part.closest("variant-switch")));
  }

  // For another product in the same place.
  forget() {
    this.typed.clear();
  }
}

// The fields that a shopper fills in; lists of options choose the variant.
function fieldsOf(part) {
  return part.querySelectorAll(
    "input[name]:not([type=hidden]), textarea[name], select[name]:not([data-choice])",
  );
}

function isTick(field) {
  return field.type === "checkbox" || field.type === "radio";
}

function keyOf(field) {
  return isTick(field) ? `${field.name}=${field.value}` : field.name;
}

function fill(field, value) {
  if (value === undefined) return;
  if (isTick(field)) field.checked = value;
  else if (field.name === "quantity") field.value = possibleQuantity(field, Number(value));
  else if (field.tagName !== "SELECT" || [...field.options].some((option) => option.value === value)) field.value = value;
}

// The largest quantity up to the wanted one that can be ordered, at least the smallest.
function possibleQuantity({ min, max, step }, wanted) {
  const least = Number(min) || 1;
  const size = Number(step) || 1;
  const steps = Math.floor((Math.min(wanted, Number(max) || wanted) - least) / size);
  return least + Math.max(steps, 0) * size;
}

function chosenIn(address) {
  return new URL(address).searchParams.get("variant");
}

// The page's URL with another variant and its other parameters, such as those of the reviews.
function addressWith(variant) {
  const url = new URL(location);
  url.searchParams.set("variant", variant);
  return url.href;
}

// A product block on an editors' page has its own text and anchor, and the shopper returns to that page.
function keepOwn(part, other) {
  const lead = part.querySelector("[data-lead]");
  if (lead) other.querySelector(".buy-box__head")?.after(lead);
  const from = part.querySelector('input[name="next"]');
  const to = other.querySelector('input[name="next"]');
  if (from && to) to.value = from.value;
  const anchor = part.querySelector("[data-variant]")?.hash;
  for (const link of other.querySelectorAll("[data-variant]")) {
    link.setAttribute("href", link.getAttribute("href").split("#")[0] + anchor);
  }
}

customElements.define("variant-switch", VariantSwitch);
