// Column panel without a round trip: 上移 and 下移 move the line, 保存 sends the whole order. Without script each press is a request.
import "./selecting.js";
import "./widths.js";

const form = document.querySelector("[data-columns]");
if (form) {
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[name=move]");
    if (!button) return;
    event.preventDefault();
    const line = button.closest("li");
    const [, way] = button.value.split(":");
    const other = way === "up" ? line.previousElementSibling : line.nextElementSibling;
    if (!other || !other.querySelector("[name=order]")) return;
    if (way === "up") other.before(line);
    else other.after(line);
    button.focus();
  });
  form.addEventListener("keydown", (event) => { // Enter in a box saves, it does not move the first line
    if (event.key === "Enter" && event.target.matches("input")) { event.preventDefault(); form.querySelector("[name=save]").click(); }
  });
}
// The table takes the width the panel leaves
const panel = document.getElementById("columns");
if (panel) new MutationObserver(() => panel.parentElement.classList.toggle("with-side", !panel.hidden)).observe(panel, { attributes: true, attributeFilter: ["hidden"] });
