// <region-picker url level input-id mine into several>: type a name, pinyin initials or a code, or unfold the tree. Places only, never people.
// `mine` keeps to the user's divisions; `into` names an input that collects the codes chosen; `several` lists them above the box, each
// with its own field. What stands inside serves without script; inputs with `data-text` are places chosen before. A function
// `find(text, mine)` set on it answers instead of the server.
class RegionPicker extends HTMLElement {
  connectedCallback() {
    if (this.input) return;
    const before = [...this.querySelectorAll("input[data-text]")].map((one) => [one.value, one.dataset.text]);
    this.replaceChildren();
    const id = this.getAttribute("input-id");
    this.value = this.getAttribute("value") || "";
    this.input = Object.assign(document.createElement("input"), { id, type: "text", autocomplete: "off", placeholder: "名称、拼音首字母或代码" });
    this.input.setAttribute("role", "combobox");
    this.input.setAttribute("aria-expanded", "false");
    this.input.setAttribute("aria-controls", `${id}-hits`);
    this.input.setAttribute("aria-autocomplete", "list");
    this.list = Object.assign(document.createElement("ul"), { id: `${id}-hits`, hidden: true, className: "hits" });
    this.list.setAttribute("role", "listbox");
    this.hidden_ = Object.assign(document.createElement("input"), { type: "hidden", name: this.getAttribute("name") || "", value: this.value });
    const row = Object.assign(document.createElement("div"), { className: "picker" });
    row.append(this.input);
    this.picked = Object.assign(document.createElement("ul"), { className: "picked" });
    if (this.hasAttribute("several")) this.append(this.picked);
    for (const place of before) this.add(...place);
    this.append(row, this.list);
    if (window.htmx && !this.find) this.grow(row, id);
    if (this.getAttribute("name") && !this.hasAttribute("several")) this.append(this.hidden_);
    this.input.value = this.getAttribute("text") || "";
    this.input.addEventListener("input", (event) => { event.stopPropagation(); this.search(); });
    this.input.addEventListener("change", (event) => event.stopPropagation());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => setTimeout(() => this.close(), 150));
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => { const hit = event.target.closest("[data-code]"); if (hit) this.choose(hit); });
    if (this.pendingSet) this.set(...this.pendingSet);
  }

  async grow(row, id) { // the tree is fetched level by level: only where htmx is, and only there is its module needed
    const { Tree } = await import("./region-tree.js");
    this.tree = new Tree(this, id);
    row.append(this.tree.button);
    this.append(this.tree.list);
  }

  setAttribute(name, value) {
    super.setAttribute(name, value);
    if (name.startsWith("aria-") && this.input) this.input.setAttribute(name, value);
  }

  set(code, text) {
    if (!this.input) { this.pendingSet = [code, text]; this.value = code; return; }
    this.value = this.hidden_.value = code;
    this.input.value = text || code;
    this.text = this.input.value;
  }

  add(code, text) { // one of several
    if (this.picked.querySelector(`input[value="${code}"]`)) return;
    const place = document.createElement("li");
    const field = Object.assign(document.createElement("input"), { type: "hidden", name: this.getAttribute("name") });
    field.setAttribute("value", code);
    const drop = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
    drop.setAttribute("aria-label", `去掉${text}`);
    drop.addEventListener("click", () => { place.remove(); this.input.focus(); this.dispatchEvent(new Event("change", { bubbles: true })); });
    place.append(field, Object.assign(document.createElement("span"), { textContent: text }), drop);
    this.picked.append(place);
  }

  search() {
    clearTimeout(this.timer);
    const text = this.input.value.trim();
    if (!text) { this.close(); this.assign("", ""); return; }
    this.timer = setTimeout(async () => {
      if (this.find) { this.show(this.find(text, this.hasAttribute("mine"))); return; }
      const url = this.address();
      url.searchParams.set("q", text);
      const answer = await fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin" });
      if (!answer.ok || this.input.value.trim() !== text) return;
      this.show((await answer.json()).results || []);
    }, 120);
  }

  address(name) { // of the search, or of `name` beside it
    const url = new URL(this.getAttribute("url"), location.href);
    const found = name ? new URL(`../${name}/`, url) : url;
    if (this.hasAttribute("mine")) found.searchParams.set("mine", "1");
    return found;
  }

  show(found) {
    if (this.tree) this.tree.close();
    this.list.replaceChildren(...found.slice(0, 12).map((one, at) => {
      const item = document.createElement("li");
      item.setAttribute("role", "option");
      item.id = `${this.list.id}-${at}`;
      item.dataset.code = one.code;
      item.dataset.text = one.full_name || one.name;
      item.textContent = one.full_name || one.name;
      return item;
    }));
    if (!found.length) {
      const none = document.createElement("li");
      none.className = "muted";
      none.textContent = "没有找到，换个名字再找";
      this.list.append(none);
    }
    this.at = -1;
    this.move(0);
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
  }

  move(to) {
    const hits = [...this.list.querySelectorAll("[data-code]")];
    if (!hits.length) return;
    this.at = (to + hits.length) % hits.length;
    hits.forEach((hit, at) => hit.setAttribute("aria-selected", at === this.at));
    this.input.setAttribute("aria-activedescendant", hits[this.at].id);
    hits[this.at].scrollIntoView({ block: "nearest" });
  }

  key(event) {
    if (this.list.hidden && event.key === "ArrowDown" && this.tree) { event.preventDefault(); this.tree.open(); return; }
    if (this.list.hidden) return;
    const hits = this.list.querySelectorAll("[data-code]");
    if (event.key === "ArrowDown") this.move(this.at + 1);
    else if (event.key === "ArrowUp") this.move(this.at - 1);
    else if (event.key === "Escape") { this.close(); this.input.value = this.text || ""; }
    else if (event.key === "Enter" && hits[this.at]) this.choose(hits[this.at]);
    else return;
    event.preventDefault();
  }

  choose(hit) {
    this.assign(hit.dataset.code, hit.dataset.text);
    this.close();
  }

  assign(code, text) {
    const into = document.getElementById(this.getAttribute("into") || "");
    if (into && code) { // collects: the box is empty again for the next place
      into.value = [...new Set([...into.value.split(/[\s,，、]+/).filter(Boolean), code])].join(" ");
      this.set("", "");
      return;
    }
    if (this.hasAttribute("several")) {
      if (code) this.add(code, text);
      this.set("", "");
    } else this.set(code, text);
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    if (this.text && this.value && this.input.value !== this.text) this.input.value = this.text; // half-typed: back to what is chosen
  }
}

customElements.define("region-picker", RegionPicker);
