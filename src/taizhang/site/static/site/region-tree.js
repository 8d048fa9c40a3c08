// The unfolding tree of a <region-picker>: WAI-ARIA tree, one level fetched by htmx when it is unfolded.
const VILLAGE = 5;
const icons = () => document.querySelector("meta[name=icons]").content;

export class Tree {
  constructor(picker, id) {
    this.picker = picker;
    this.button = Object.assign(document.createElement("button"), { type: "button", className: "btn" });
    this.button.innerHTML = `<svg class="i" aria-hidden="true"><use href="${icons()}#down"/></svg>选`;
    const label = document.querySelector(`label[for="${id}"]`);
    for (const [name, value] of [["aria-label", `从区划树里选${label ? `：${label.textContent.trim()}` : ""}`], ["aria-haspopup", "tree"], ["aria-expanded", "false"], ["aria-controls", `${id}-tree`]]) this.button.setAttribute(name, value);
    this.list = Object.assign(document.createElement("ul"), { id: `${id}-tree`, className: "hits tree", hidden: true });
    this.list.setAttribute("role", "tree");
    this.list.setAttribute("aria-label", "区划");
    this.list.setAttribute("hx-get", picker.address("branch").href);
    this.list.setAttribute("hx-trigger", "unfold");
    this.list.setAttribute("hx-swap", "innerHTML");
    this.button.addEventListener("click", () => (this.list.hidden ? this.open() : this.close()));
    this.list.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("click", (event) => this.click(event));
    picker.addEventListener("focusout", (event) => { if (!picker.contains(event.relatedTarget) && event.relatedTarget) this.close(); });
    document.addEventListener("click", (event) => { if (!picker.contains(event.target)) this.close(); });
  }

  load(list) { // resolves when htmx has put the level in place
    if (list.dataset.loaded) return Promise.resolve();
    return new Promise((resolve) => {
      const after = (event) => { if (event.target === list) done(); };
      const failed = (event) => { if (event.target === list) { list.innerHTML = '<li role="none" class="bad-text">没有读到区划，请再展开一次</li>'; done(false); } };
      const done = (good = true) => {
        for (const [name, listener] of listeners) list.removeEventListener(name, listener);
        if (good) list.dataset.loaded = "1";
        resolve();
      };
      const listeners = [["htmx:afterSettle", after], ["htmx:responseError", failed], ["htmx:sendError", failed]];
      for (const [name, listener] of listeners) list.addEventListener(name, listener);
      list.dispatchEvent(new Event("unfold"));
    });
  }

  async open() {
    if (!this.processed) { window.htmx.process(this.list); this.processed = true; }
    this.picker.close();
    this.list.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    await this.load(this.list);
    const top = this.items();
    let here = top.length === 1 ? top[0] : null;
    if (here) await this.unfold(here);
    const wanted = this.picker.value || "";
    for (let level = this.items(); wanted && level.length;) { // down to what is chosen
      const next = level.find((item) => wanted.startsWith(item.dataset.code) && item !== here);
      const inside = next || level.find((item) => item === here);
      if (!inside) break;
      if (next) here = next;
      if (here.dataset.code === wanted) break;
      await this.unfold(here);
      level = [...(here.querySelector("ul") ? here.querySelector("ul").children : [])].filter((item) => item.dataset.code);
    }
    for (const item of this.list.querySelectorAll("[role=treeitem]")) item.setAttribute("aria-selected", item.dataset.code === wanted);
    if (this.list.hidden) return; // closed meanwhile
    this.focus(here || this.items()[0]);
  }

  close(back = false) {
    if (this.list.hidden) return;
    this.list.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    if (back) this.button.focus();
  }

  items() { // in sight, top down
    return [...this.list.querySelectorAll("[role=treeitem]")].filter((item) => !item.parentElement.closest("[role=group][hidden]"));
  }

  focus(item) {
    if (!item) return;
    for (const other of this.list.querySelectorAll("[role=treeitem][tabindex='0']")) other.tabIndex = -1;
    item.tabIndex = 0;
    item.focus({ preventScroll: true });
    item.firstElementChild.scrollIntoView({ block: "nearest" });
  }

  async unfold(item) {
    const list = item.querySelector("[role=group]");
    if (!list) return;
    item.setAttribute("aria-expanded", "true");
    list.hidden = false;
    item.querySelector("use").setAttribute("href", `${icons()}#down`);
    await this.load(list);
  }

  fold(item) {
    item.setAttribute("aria-expanded", "false");
    item.querySelector("[role=group]").hidden = true;
    item.querySelector("use").setAttribute("href", `${icons()}#right`);
  }

  isOpen(item) { return item.getAttribute("aria-expanded") === "true"; }

  choose(item) { // a form that asks for the village takes nothing wider
    const folder = item.hasAttribute("aria-expanded");
    if (this.picker.getAttribute("level") === "village" && Number(item.dataset.level) < VILLAGE && folder) {
      if (this.isOpen(item)) this.fold(item);
      else this.unfold(item);
      return;
    }
    this.picker.assign(item.dataset.code, item.dataset.text);
    this.close(true);
  }

  click(event) {
    const item = event.target.closest("[role=treeitem]");
    if (!item) return;
    this.focus(item);
    if (!event.target.closest(".twig") || !item.hasAttribute("aria-expanded")) this.choose(item);
    else if (this.isOpen(item)) this.fold(item);
    else this.unfold(item);
  }

  key(event) {
    event.stopPropagation(); // the form around has keys of its own
    const item = event.target.closest("[role=treeitem]");
    const sight = this.items();
    const at = sight.indexOf(item);
    const folder = item && item.hasAttribute("aria-expanded");
    if (event.key === "Escape") this.close(true);
    else if (event.key === "Tab") { this.close(); return; }
    else if (!item) return;
    else if (event.key === "ArrowDown") this.focus(sight[at + 1]);
    else if (event.key === "ArrowUp") this.focus(sight[at - 1]);
    else if (event.key === "Home") this.focus(sight[0]);
    else if (event.key === "End") this.focus(sight[sight.length - 1]);
    else if (event.key === "ArrowRight" && folder && !this.isOpen(item)) this.unfold(item);
    else if (event.key === "ArrowRight" && folder) this.focus(item.querySelector("[role=treeitem]"));
    else if (event.key === "ArrowLeft" && folder && this.isOpen(item)) this.fold(item);
    else if (event.key === "ArrowLeft") this.focus(item.parentElement.closest("[role=treeitem]"));
    else if (event.key === "Enter" || event.key === " ") this.choose(item);
    else return;
    event.preventDefault();
  }
}
