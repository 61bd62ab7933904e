// Oscar's tables stand bare on the page and would push it wide; each gets a box of its own to scroll in.
for (const table of document.querySelectorAll(".page-content table.table")) {
  if (table.closest(".table-responsive")) continue;
  const box = document.createElement("div");
  box.className = "table-responsive";
  table.replaceWith(box);
  box.append(table);
}
