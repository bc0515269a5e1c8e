// Makes every table sortable by a click, or by Enter, on a column's name: numbers by their value, else as text; a dash stays below.
const value = (cell) => {
  const text = cell.textContent.trim();
  const number = text.replace(/[\u202f\u00a0]/g, "").replace(/−/g, "-").match(/-?\d+(\.\d+)?(e[-+]?\d+)?/);
  return number && /^[-−+×<>±\d]/.test(text) ? Number(number[0]) : text;
};
const missing = (cell) => ["", "–"].includes(cell.textContent.trim());
const compare = (a, b) => {
  if (typeof a === typeof b) return typeof a === "number" ? a - b : a.localeCompare(b);
  return typeof a === "number" ? -1 : 1;
};
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...table.tBodies[0].rows];
      const present = rows.filter((row) => !missing(row.cells[place]));
      present.sort((a, b) => compare(value(a.cells[place]), value(b.cells[place])) * (down ? -1 : 1));
      table.tBodies[0].append(...present, ...rows.filter((row) => missing(row.cells[place])));
    });
  });
}
