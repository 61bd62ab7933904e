// <recently-viewed>: stores viewed products in this browser, only with the visitor's consent.
import { fetchPart, parse } from "./fragment.js";

const KEY = "looked-at";
const KEPT = 12;
const SHOWN = 4;

class RecentlyViewed extends HTMLElement {
  connectedCallback() {
    this.toggle = this.querySelector("[data-remember]");
    this.toggle.addEventListener("change", () => this.decide());
    const ids = read();
    this.toggle.checked = ids !== null;
    if (ids) this.show(ids);
    this.hidden = false;
  }

  // Nothing is stored before consent, and everything is deleted when it is withdrawn.
  decide() {
    if (this.toggle.checked) return this.show([]);
    forget();
    this.mark(false);
  }

  async show(ids) {
    const own = this.dataset.product;
    const others = ids.filter((id) => id !== own);
    write(own ? [own, ...others].slice(0, KEPT) : others);
    this.mark(true);
    const place = this.querySelector("[data-cards]");
    const wanted = others.slice(0, SHOWN);
    if (!wanted.length) return;
    const answer = await fetchPart(`${this.dataset.url}?ids=${wanted.join(",")}`).catch(() => null);
    if (answer?.ok && this.toggle.checked) place.replaceChildren(...parse(answer.text).childNodes);
  }

  mark(isOn) {
    this.querySelector("[data-note]").hidden = isOn;
    if (!isOn) this.querySelector("[data-cards]").replaceChildren();
  }
}

// null: no consent, or storage is unavailable.
function read() {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY));
    return Array.isArray(stored) ? stored.filter((id) => /^\d{1,18}$/.test(id)).slice(0, KEPT) : null;
  } catch {
    return null;
  }
}

function write(ids) {
  try {
    localStorage.setItem(KEY, JSON.stringify(ids));
  } catch {} // storage is full or unavailable
}

function forget() {
  try {
    localStorage.removeItem(KEY);
  } catch {}
}

customElements.define("recently-viewed", RecentlyViewed);
