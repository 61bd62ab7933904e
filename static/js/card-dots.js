// A dot of a card shows the photograph of its variant while the pointer or the focus is on it.

function enter(event) {
  const dot = event.target.closest?.(".dot[data-dot-photo]");
  if (!dot) return;
  const photo = dot.closest(".card").querySelector(".card__photo");
  let layer = photo.querySelector(".card__second--dot");
  if (!layer) {
    layer = document.createElement("div");
    layer.className = "card__second card__second--dot";
    layer.append(Object.assign(new Image(), { alt: "" }));
    photo.append(layer);
  }
  const image = layer.firstChild;
  if (image.getAttribute("src") !== dot.dataset.dotPhoto) image.src = dot.dataset.dotPhoto;
}

function leave(event) {
  const dot = event.target.closest?.(".dot[data-dot-photo]");
  if (dot && !dot.contains(event.relatedTarget)) dot.closest(".card").querySelector(".card__second--dot")?.remove();
}

document.addEventListener("pointerover", (event) => event.pointerType === "mouse" && enter(event));
document.addEventListener("pointerout", leave);
document.addEventListener("focusin", enter);
document.addEventListener("focusout", leave);
