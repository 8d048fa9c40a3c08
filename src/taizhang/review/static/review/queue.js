// Tick all rows of the page, and say how many are ticked. Choosing a village narrows the region.
const told = document.querySelector("[data-many] [data-chosen]"); // no bar where all rows are one's own
if (told) {
  const form = told.closest("[data-many]");
  const all = form.querySelector("[data-all]");
  const boxes = [...form.querySelectorAll("[name=row]")];
  const words = told.textContent;
  const count = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    told.textContent = chosen ? `选中 ${chosen} 行` : words;
    all.checked = Boolean(chosen) && chosen === boxes.length;
  };
  all.hidden = !boxes.length;
  all.addEventListener("change", () => { for (const box of boxes) box.checked = all.checked; count(); });
  form.addEventListener("change", (event) => { if (event.target.name === "row") count(); });
  count();
}
