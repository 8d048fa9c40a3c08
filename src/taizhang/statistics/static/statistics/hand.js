// The sheet of cells filled in by hand moves like a workbook: Enter and the arrows up and down go along the column, and a
// block copied from WPS (tabs and lines) falls into the cells from the one it is pasted into. Without it the form still works.
const table = document.querySelector(".hand-table");
const inputs = (row) => [...row.querySelectorAll("input:not([type=hidden])")];
let changed = false;

function at(input) {
  const row = input.closest("tr");
  return { rows: [...table.tBodies[0].rows], row: [...table.tBodies[0].rows].indexOf(row), column: inputs(row).indexOf(input) };
}

function go(input, step) {
  const { rows, row, column } = at(input);
  const next = rows[row + step] && inputs(rows[row + step])[column];
  if (!next) return;
  next.focus();
  next.select();
}

table.addEventListener("keydown", (event) => {
  if (!event.target.matches("input") || event.isComposing) return; // Enter also ends the input method's choice
  const step = event.key === "Enter" ? (event.shiftKey ? -1 : 1) : { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  go(event.target, step);
});

table.addEventListener("paste", (event) => {
  const text = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n").replace(/\n$/, "");
  if (!/[\t\n]/.test(text) || !event.target.matches("input") || event.target.readOnly) return;
  event.preventDefault();
  const { rows, row, column } = at(event.target);
  text.split("\n").forEach((line, down) => line.split("\t").forEach((value, right) => {
    const input = rows[row + down] && inputs(rows[row + down])[column + right];
    if (input) input.value = value.trim();
  }));
  changed = true;
});

table.addEventListener("input", () => { changed = true; });
table.closest("form").addEventListener("submit", () => { changed = false; });
addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
