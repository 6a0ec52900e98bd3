"use strict";
(() => {
  const table = document.getElementById("cases");
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => ({
    row,
    text: row.textContent.toLowerCase(),
    keys: [...row.cells].map((cell) => cell.dataset.key ?? cell.textContent.trim()),
    status: row.dataset.status,
    look: row.dataset.look,
  }));
  const search = document.getElementById("search");
  const status = document.getElementById("status");
  const shown = document.getElementById("shown");

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const each of rows) {
      const fits = status.value === "" || each.status === status.value || (status.value === "look" && each.look === "1");
      const visible = fits && words.every((word) => each.text.includes(word));
      each.row.hidden = !visible;
      count += visible;
    }
    shown.textContent = `${count} of ${rows.length} cases`;
  };
  search.addEventListener("input", filter);
  status.addEventListener("change", filter);

  const compare = (column, sign) => (one, other) => {
    const a = one.keys[column], b = other.keys[column];
    if (a === "" || b === "") return (a === "") - (b === "");
    const difference = Number(a) - Number(b);
    return sign * (Number.isNaN(difference) ? a.localeCompare(b, undefined, { numeric: true }) : difference);
  };
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const each of heads) each.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    rows.sort(compare(column, down ? -1 : 1));
    body.replaceChildren(...rows.map((each) => each.row));
  }));
  document.querySelectorAll(".controls").forEach((each) => { each.hidden = false; });
  filter();
})();
