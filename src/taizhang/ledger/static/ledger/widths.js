// Edges of the table's head: drag, or focus and press ← →; Home means as wide as needed. Kept with the account; the column panel has the same as numbers.
const [NARROWEST, WIDEST, STEP, PADDING] = [48, 600, 16, 16];
const table = document.querySelector("[data-widths]");

function setUp(head) {
  const item = head.dataset.item;
  const column = table.querySelector(`col[data-item="${item}"]`);
  const at = [...head.parentElement.children].indexOf(head);
  const cells = () => [...table.tBodies[0].rows].map((row) => row.cells[at]);
  const name = head.textContent.trim();
  const edge = document.createElement("span");
  edge.className = "edge";
  edge.tabIndex = 0;
  for (const [key, value] of Object.entries({ role: "separator", "aria-orientation": "vertical", "aria-label": `${name}列宽`, "aria-valuemin": NARROWEST, "aria-valuemax": WIDEST })) edge.setAttribute(key, value);
  head.append(edge);
  head.abbr = name;
  let timer;

  const now = () => Math.round(head.getBoundingClientRect().width);
  const tell = () => { edge.setAttribute("aria-valuenow", Math.min(WIDEST, Math.max(NARROWEST, now()))); edge.setAttribute("aria-valuetext", column.width ? `${column.width} 像素` : "自动"); };
  const set = (width) => {
    for (const node of [...head.childNodes]) if (node !== edge) node.remove();
    if (width) {
      column.width = Math.min(WIDEST, Math.max(NARROWEST, Math.round(width)));
      const ruler = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      for (const [key, value] of Object.entries({ class: "ruler", width: column.width - PADDING, height: 1, "aria-hidden": true })) ruler.setAttribute(key, value);
      head.prepend(Object.assign(document.createElement("span"), { className: "fit", textContent: name }), ruler);
    } else {
      column.removeAttribute("width");
      head.prepend(name);
    }
    for (const cell of cells()) cell.classList.toggle("cut", Boolean(width));
    tell();
  };
  const keep = () => {
    clearTimeout(timer);
    timer = setTimeout(() => fetch(table.dataset.widths, {
      method: "POST", credentials: "same-origin", keepalive: true,
      headers: { "X-CSRFToken": JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"], "Content-Type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ item, width: column.width || "" }),
    }), 400);
    const field = document.querySelector(`[name="w_${item}"]`);
    if (field) field.value = column.width || "";
  };

  edge.addEventListener("pointerdown", (down) => {
    down.preventDefault();
    edge.focus();
    edge.setPointerCapture(down.pointerId);
    const [from, x] = [now(), down.clientX];
    const move = (event) => set(from + event.clientX - x);
    const up = () => {
      edge.removeEventListener("pointermove", move);
      keep();
    };
    edge.addEventListener("pointermove", move);
    edge.addEventListener("pointerup", up, { once: true });
    edge.addEventListener("pointercancel", up, { once: true });
  });
  edge.addEventListener("dblclick", () => { set(0); keep(); });
  edge.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight") set(now() + STEP);
    else if (event.key === "ArrowLeft") set(now() - STEP);
    else if (event.key === "Home") set(0);
    else return;
    event.preventDefault();
    keep();
  });
  edge.addEventListener("focus", tell);
  tell();
}

if (table) for (const head of table.querySelectorAll("th[data-item]")) setUp(head);
