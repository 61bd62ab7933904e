// Full-size photographs in a dialog: a click magnifies, buttons and arrow keys move between them, Escape closes.
// `words` come from the server: close, previous, next, place ("{n} of {total}").

export function openLarge(frames, first, words) {
  let shown = first;
  const isMany = frames.length > 1;
  const dialog = document.createElement("dialog");
  dialog.className = "zoom";
  dialog.innerHTML = `<div class="zoom__stage" tabindex="0"></div>
    <div class="zoom__bar">
      ${isMany ? `<button type="button" data-step="-1">←</button><p class="zoom__place" role="status"></p><button type="button" data-step="1">→</button>` : ""}
      <button type="button" data-close autofocus>×</button>
    </div>`;
  const stage = dialog.firstElementChild;
  const place = dialog.querySelector(".zoom__place");
  label("[data-close]", words.close);
  label('[data-step="-1"]', words.previous);
  label('[data-step="1"]', words.next);

  function label(selector, text) {
    dialog.querySelector(selector)?.setAttribute("aria-label", text);
  }

  function show(index) {
    shown = (index + frames.length) % frames.length;
    const large = new Image();
    large.src = frames[shown].href;
    large.alt = frames[shown].querySelector("img").alt;
    stage.classList.remove("is-close");
    stage.replaceChildren(large);
    dialog.setAttribute("aria-label", large.alt);
    if (isMany) place.textContent = words.place.replace("{n}", shown + 1).replace("{total}", frames.length);
  }

  dialog.addEventListener("click", (event) => {
    const step = event.target.closest("[data-step]");
    if (step) show(shown + Number(step.dataset.step));
    else if (event.target.closest("[data-close]")) dialog.close();
    else if (event.target.matches("img")) magnify(stage, event);
  });
  dialog.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    // While magnified, arrow keys scroll the photograph.
    if (step && isMany && !stage.classList.contains("is-close")) show(shown + step);
    else if (event.key === "Enter" && event.target === stage) magnify(stage);
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    frames[shown].focus();
  });
  show(first);
  document.body.append(dialog);
  dialog.showModal();
}

// Magnifies around the clicked point; a second click zooms out again.
function magnify(stage, event) {
  const image = stage.querySelector("img");
  const box = image.getBoundingClientRect();
  const x = event ? (event.clientX - box.left) / box.width : 0.5;
  const y = event ? (event.clientY - box.top) / box.height : 0.5;
  if (!stage.classList.toggle("is-close")) return;
  stage.scrollTo(image.offsetWidth * x - stage.clientWidth / 2, image.offsetHeight * y - stage.clientHeight / 2);
}
