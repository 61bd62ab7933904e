// A form that was refused opens where something is to be mended, not on its first section.
const refused = document
  .querySelector(".tab-pane :is(.error-block:not(:empty), .errorlist, [aria-invalid=true])")
  ?.closest(".tab-pane:not(.active)");
if (refused) document.querySelector(`[data-toggle="tab"][href="#${refused.id}"]`)?.click();

// Oscar's tables stand bare on the page and would push it wide; each gets a box of its own to scroll in.
for (const table of document.querySelectorAll(".page-content table.table")) {
  if (table.closest(".table-responsive")) continue;
  const box = document.createElement("div");
  box.className = "table-responsive";
  table.replaceWith(box);
  box.append(table);
}
