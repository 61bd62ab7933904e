// <import-progress url>: replaces its content by the server's until the run is no longer busy, then loads the page again.

const PAUSE = 1500;

class ImportProgress extends HTMLElement {
  connectedCallback() {
    if (this.isBusy) this.timer = setTimeout(() => this.refresh(), PAUSE);
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }

  get isBusy() {
    return Boolean(this.querySelector("[data-busy]")?.dataset.busy);
  }

  async refresh() {
    try {
      const response = await fetch(this.getAttribute("url"), { credentials: "same-origin" });
      if (response.ok) this.innerHTML = await response.text();
      if (!this.isBusy) return location.reload();
    } catch {
      // The network is away for a moment; ask again.
    }
    this.timer = setTimeout(() => this.refresh(), PAUSE);
  }
}

customElements.define("import-progress", ImportProgress);
