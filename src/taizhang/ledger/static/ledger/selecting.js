// Ticking people: the bar appears with the first tick and says how many. Without script it always stands there.
const bar = document.getElementById("batch");
if (bar) {
  const boxes = () => [...document.querySelectorAll("[name=person][form=batch]")];
  const every = document.querySelector("[data-every]");
  const all = bar.querySelector("[name=all]");
  const said = bar.querySelector("[data-count]");
  const allButton = bar.querySelector("[data-all]");
  let last = null;
  every.hidden = false;

  const draw = () => {
    const ticked = boxes().filter((box) => box.checked);
    for (const box of boxes()) box.closest("tr").classList.toggle("sel", box.checked || all.checked);
    every.checked = ticked.length === boxes().length;
    every.indeterminate = ticked.length > 0 && !every.checked;
    bar.hidden = !ticked.length && !all.checked;
    const words = allButton.textContent.replace(/^选/, "");
    said.textContent = all.checked ? `已选${words}` : `已选 ${ticked.length} 人`;
    allButton.setAttribute("aria-pressed", all.checked);
    allButton.hidden = all.checked;
  };
  const tick = (list, on) => { for (const box of list) box.checked = on; };

  document.addEventListener("change", (event) => {
    if (event.target === every) { all.checked = false; tick(boxes(), every.checked); draw(); return; }
    if (event.target.matches("[name=person][form=batch]")) { all.checked = false; draw(); }
  });
  document.addEventListener("click", (event) => { // Shift takes everybody from the last tick to this one
    const box = event.target.closest("[name=person][form=batch]");
    if (!box) return;
    const list = boxes();
    if (event.shiftKey && last && list.includes(last)) {
      const [from, to] = [list.indexOf(last), list.indexOf(box)].sort((a, b) => a - b);
      tick(list.slice(from, to + 1), box.checked);
      draw();
    }
    last = box;
  });
  allButton.addEventListener("click", () => { all.checked = true; draw(); bar.querySelector("[type=submit]").focus(); });
  bar.querySelector("[data-none]").addEventListener("click", () => { all.checked = false; tick(boxes(), false); draw(); every.focus(); });
  window.addEventListener("pageshow", draw); // Back keeps the ticks
  draw();
}
