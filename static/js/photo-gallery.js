// <photo-gallery>: thumbnails scroll the row of photographs; clicking a photograph opens it large.
import { openLarge } from "./photo-zoom.js";

class PhotoGallery extends HTMLElement {
  connectedCallback() {
    this.stage = this.querySelector("[data-stage]");
    this.thumbs = [...this.querySelectorAll("[data-thumb]")];
    this.frames = [...this.querySelectorAll("[data-photo]")];
    this.addEventListener("click", (event) => this.follow(event));
    this.stage?.addEventListener("scroll", () => this.mark(), { passive: true });
    this.reach(0);
  }

  follow(event) {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    const thumb = event.target.closest("[data-thumb]");
    const frame = event.target.closest("[data-photo]");
    if (!thumb && !frame) return;
    event.preventDefault();
    if (frame) return openLarge(this.frames, this.frames.indexOf(frame), this.dataset);
    const target = this.frames[this.thumbs.indexOf(thumb)];
    this.stage.scrollTo({ left: target.offsetLeft - this.stage.offsetLeft, behavior: calm() ? "auto" : "smooth" });
  }

  mark() {
    const shown = Math.round(this.stage.scrollLeft / this.stage.clientWidth);
    this.reach(shown);
    this.thumbs.forEach((thumb, index) => {
      if (index === shown) thumb.setAttribute("aria-current", "true");
      else thumb.removeAttribute("aria-current");
    });
  }

  // Only the photograph in view can be reached with Tab.
  reach(shown) {
    this.frames.forEach((frame, index) => {
      if (index === shown) frame.removeAttribute("tabindex");
      else frame.setAttribute("tabindex", "-1");
    });
  }
}

function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

customElements.define("photo-gallery", PhotoGallery);
