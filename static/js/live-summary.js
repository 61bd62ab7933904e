/* <live-summary data-source data-target data-names>: when one of the named choices in its form changes,
   requests the page with the new choices and replaces this summary by the page's. Only the named
   choices are sent, because an address must not be in a URL. */
class LiveSummary extends HTMLElement {
  connectedCallback() {
    this.querySelector("[data-plain]")?.remove();
    this.names = this.dataset.names.split(" ");
    this.addEventListener("change", (event) => this.names.includes(event.target.name) && this.update());
  }

  async update() {
    const form = new FormData(this.querySelector("form"));
    const choices = this.names.filter((name) => form.has(name)).map((name) => [name, form.get(name)]);
    this.turn = (this.turn ?? 0) + 1;
    const turn = this.turn;
    const parts = [...document.querySelectorAll(this.dataset.target)];
    for (const part of parts) part.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(`${this.dataset.source}?${new URLSearchParams(choices)}`);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelectorAll(this.dataset.target);
      if (turn !== this.turn) return;
      for (const [place, part] of parts.entries()) {
        if (fresh[place]) part.replaceChildren(...fresh[place].childNodes);
      }
    } finally {
      for (const part of parts) part.removeAttribute("aria-busy");
    }
  }
}

customElements.define("live-summary", LiveSummary);
