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
  const more = document.getElementById("more");
  const STEP = 50; // a thousand rows take a browser a second to lay out and paint
  let most = STEP;

  const show = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fitting = rows.filter((each) =>
      (status.value === "" || each.status === status.value || (status.value === "look" && each.look === "1"))
      && words.every((word) => each.text.includes(word)));
    body.replaceChildren(...fitting.slice(0, most).map((each) => each.row));
    const left = fitting.length - most;
    more.hidden = left <= 0;
    more.textContent = say("show_more", Math.min(left, STEP));
    shown.textContent = left > 0 ? say("shown_in_part", fitting.length, rows.length, most) : say("shown", fitting.length, rows.length);
  };
  const anew = () => { most = STEP; show(); };
  search.addEventListener("input", anew);
  status.addEventListener("change", anew);
  more.addEventListener("click", () => { most += STEP; show(); });
  addEventListener("beforeprint", () => { most = rows.length; show(); });
  addEventListener("afterprint", anew);

  const words = new Intl.Collator(undefined, { numeric: true });
  const compare = (column, sign) => (one, other) => {
    const a = one.keys[column], b = other.keys[column];
    if (a === "" || b === "") return (a === "") - (b === "");
    const difference = Number(a) - Number(b);
    return sign * (Number.isNaN(difference) ? words.compare(a, b) : difference);
  };
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const each of heads) each.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    rows.sort(compare(column, down ? -1 : 1));
    anew();
  }));
  document.querySelectorAll(".controls").forEach((each) => { each.hidden = false; });
  show();
})();
