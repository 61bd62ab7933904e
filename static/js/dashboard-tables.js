// Opens a refused form at the first section with an error.
const refused = document
  .querySelector(".tab-pane :is(.error-block:not(:empty), .errorlist, [aria-invalid=true])")
  ?.closest(".tab-pane:not(.active)");
if (refused) document.querySelector(`[data-toggle="tab"][href="#${refused.id}"]`)?.click();

// Wraps each of Oscar's tables in a scrolling box, so that it does not widen the page.
for (const table of document.querySelectorAll(".page-content table.table")) {
  if (table.closest(".table-responsive")) continue;
  const box = document.createElement("div");
  box.className = "table-responsive";
  table.replaceWith(box);
  box.append(table);
}
