// <compare-choice>: collects up to four products for the comparison, in this tab only, once it is used.
const KEY = "compare";
const LIMIT = 4;

function chosen() {
  try {
    const stored = JSON.parse(sessionStorage.getItem(KEY));
    return Array.isArray(stored) ? stored.filter((id) => /^\d{1,18}$/.test(id)).slice(0, LIMIT) : [];
  } catch {
    return [];
  }
}

function keep(ids) {
  try {
    if (ids.length) sessionStorage.setItem(KEY, JSON.stringify(ids));
    else sessionStorage.removeItem(KEY);
  } catch {} // without storage the plain link still works
  for (const choice of document.querySelectorAll("compare-choice")) choice.mark(ids);
  showBar(ids);
}

class CompareChoice extends HTMLElement {
  connectedCallback() {
    this.link = this.querySelector("a");
    this.label = this.querySelector("[data-label]");
    this.off = this.label.textContent;
    this.link.setAttribute("role", "button");
    this.link.addEventListener("click", (event) => this.toggle(event));
    this.link.addEventListener("keydown", (event) => event.key === " " && this.toggle(event));
    this.mark(chosen());
  }

  toggle(event) {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    const ids = chosen();
    const key = this.dataset.key;
    if (ids.includes(key)) return keep(ids.filter((id) => id !== key));
    if (ids.length >= LIMIT) return showBar(ids, true);
    keep([...ids, key]);
  }

  mark(ids) {
    const isOn = ids.includes(this.dataset.key);
    this.link.setAttribute("aria-pressed", isOn);
    this.label.textContent = isOn ? this.dataset.on : this.off;
  }
}

// The bar is a <template> of the page, so that the server provides its text.
function showBar(ids, isFull = false) {
  const bar = document.getElementById("compare-bar");
  if (!bar) return;
  bar.hidden = ids.length === 0;
  bar.querySelector("[data-count]").textContent = ids.length;
  bar.querySelector("[data-full]").hidden = !isFull;
  const link = bar.querySelector("[data-go]");
  link.href = `${link.pathname}?ids=${ids.join(",")}`;
  if (isFull) bar.scrollIntoView({ block: "nearest" });
}

// The comparison page overrides the stored choice while it is open.
function follow() {
  const table = document.querySelector("[data-compared]");
  if (table && chosen().length) keep(table.dataset.compared.split(",").filter(Boolean));
  else if (!table) showBar(chosen());
}

customElements.define("compare-choice", CompareChoice);
document.querySelector("[data-clear-compare]")?.addEventListener("click", () => keep([]));
follow();
