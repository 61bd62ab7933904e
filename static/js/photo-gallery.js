// <photo-gallery>: thumbnails move the row of photographs, and a photograph opens large.

class PhotoGallery extends HTMLElement {
  connectedCallback() {
    this.stage = this.querySelector("[data-stage]");
    this.thumbs = [...this.querySelectorAll("[data-thumb]")];
    this.frames = [...this.querySelectorAll("[data-photo]")];
    this.addEventListener("click", (event) => this.follow(event));
    this.stage?.addEventListener("scroll", () => this.mark(), { passive: true });
  }

  follow(event) {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    const thumb = event.target.closest("[data-thumb]");
    const frame = event.target.closest("[data-photo]");
    if (!thumb && !frame) return;
    event.preventDefault();
    if (frame) return openLarge(frame);
    const target = this.frames[this.thumbs.indexOf(thumb)];
    this.stage.scrollTo({ left: target.offsetLeft - this.stage.offsetLeft, behavior: calm() ? "auto" : "smooth" });
  }

  mark() {
    const shown = Math.round(this.stage.scrollLeft / this.stage.clientWidth);
    this.thumbs.forEach((thumb, index) => {
      if (index === shown) thumb.setAttribute("aria-current", "true");
      else thumb.removeAttribute("aria-current");
    });
  }
}

function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

function openLarge(frame) {
  const small = frame.querySelector("img");
  const dialog = document.createElement("dialog");
  dialog.className = "zoom";
  dialog.setAttribute("aria-label", small.alt);
  dialog.innerHTML = `<div class="zoom__stage" tabindex="0"></div>
    <div class="zoom__bar"><button type="button" data-close autofocus>×</button></div>`;
  const stage = dialog.firstElementChild;
  const large = new Image();
  large.src = frame.href;
  large.alt = small.alt;
  stage.append(large);
  const close = dialog.querySelector("[data-close]");
  close.setAttribute("aria-label", frame.closest("photo-gallery").dataset.close);
  close.addEventListener("click", () => dialog.close());
  large.addEventListener("click", (event) => magnify(stage, event));
  stage.addEventListener("keydown", (event) => event.key === "Enter" && magnify(stage));
  dialog.addEventListener("close", () => {
    dialog.remove();
    frame.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
}

// Magnifies around the point that was clicked; a second time shows the whole again.
function magnify(stage, event) {
  const image = stage.querySelector("img");
  const box = image.getBoundingClientRect();
  const x = event ? (event.clientX - box.left) / box.width : 0.5;
  const y = event ? (event.clientY - box.top) / box.height : 0.5;
  if (!stage.classList.toggle("is-close")) return;
  stage.scrollTo(image.offsetWidth * x - stage.clientWidth / 2, image.offsetHeight * y - stage.clientHeight / 2);
}

customElements.define("photo-gallery", PhotoGallery);
