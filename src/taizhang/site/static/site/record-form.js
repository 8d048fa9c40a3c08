// <record-form>: fills a form's JSON. Skip rules, instant messages, keys; the server checks again and decides.
//
//   <record-form form="id-of-json" ><form method="post">… <div data-fields></div> … <input type="hidden" name="answers"></form></record-form>
//   JSON: {form, answers, sealed: {item: masked}, findings, asOf, regionUrl, regions: {code: name}}
//
// The phone page gives the same object as the property `source` (with `findRegions` for places without a network) and may set
// the attributes `single`: one question at a time, same answers; `gradual`: the first section at once, the others, and the event "complete",
// after it has been seen. After every answer the element says "answered".
import { h, icon } from "./dom.js";
import { blank, idWords, isRequired, problems, readId, shownItems } from "./record-check.js";
import { control } from "./record-fields.js";
import "./region-picker.js";

class RecordForm extends HTMLElement {
  connectedCallback() {
    if (this.boxes) return; // moved within the page: everything stands
    const data = this.source || JSON.parse(document.getElementById(this.getAttribute("form")).textContent);
    this.data = data;
    this.form = data.form;
    this.form.fields = new Map(this.form.sections.flatMap((section) => section.items.map((field) => [field.item, field])));
    this.row = { ...data.answers };
    this.sealed = { ...(data.sealed || {}) };
    const parameters = data.form.parameters || {};
    const month = `${data.asOf.slice(0, 8)}01`;
    this.params = { 基准日: data.asOf, 期末: data.asOf, 期初: month, 月初: month, 年初: `${data.asOf.slice(0, 4)}-01-01`, ...parameters };
    this.context = { asOf: data.asOf, months: monthsOf(parameters, data.asOf), regionUrl: data.regionUrl, regions: data.regions, findRegions: data.findRegions };
    this.touched = new Set();
    this.pending = null; // a change that would hide filled answers and waits for a yes
    this.boxes = new Map();
    this.element = this.querySelector("form");
    this.output = this.element.elements.answers;
    this.summary = h("div", { class: "error-summary sec-head", role: "alert", tabindex: "-1", hidden: true });
    this.element.prepend(this.summary);
    this.build(this.hasAttribute("gradual") ? 1 : this.form.sections.length);
    this.element.addEventListener("submit", (event) => this.submit(event));
    this.element.addEventListener("change", (event) => this.changed(event));
    this.element.addEventListener("input", (event) => this.typing(event));
    this.addEventListener("keydown", (event) => this.key(event));
    if (this.boxes.has("id_number") && this.row.id_number) this.fromId(String(this.row.id_number)); // given by the look for duplicates
    this.refresh();
    if (this.hasAttribute("single")) this.single(this.order()[0]);
    if ((data.findings || []).length) this.showSummary(data.findings);
  }

  // -- drawing ------------------------------------------------------------------------------------------------------

  /** Draw sections up to the `most`th, the others once these have been seen. */
  build(most, from = 0) {
    const target = this.querySelector("[data-fields]");
    this.form.sections.slice(from, most).forEach((section, at) => {
      const grid = h("div", { class: "fields" });
      const node = h("section", { class: "sec", "data-section": from + at }, h("h2", {}, `${from + at + 1}　${section.title}`), grid);
      for (const field of section.items) grid.append(this.box(field));
      target.append(node);
    });
    if (most < this.form.sections.length) requestAnimationFrame(() => setTimeout(() => this.complete(most)));
  }

  complete(from) {
    this.build(this.form.sections.length, from);
    this.refresh();
    this.dispatchEvent(new CustomEvent("complete"));
  }

  box(field) {
    const id = `f-${field.item}`;
    const made = control(field, id, this.context);
    const error = h("p", { class: "err", id: `${id}-e`, hidden: true });
    const hint = field.hint ? h("p", { class: "hint", id: `${id}-h` }, field.hint) : null;
    const more = field.explanation ? h("details", { class: "why" }, h("summary", {}, "口径"), h("p", { class: "small" }, field.explanation)) : null;
    const note = h("p", { class: "note hint", hidden: true });
    const body = this.sealed[field.item] ? this.masked(field, made) : made.node;
    const label = h("span", {}, field.label, h("span", { class: "optional muted" }));
    const node = made.group
      ? h("fieldset", { class: `field${made.short ? "" : " whole"}`, "data-item": field.item }, h("legend", {}, label), hint, error, body, note, more)
      : h("div", { class: "field", "data-item": field.item }, h("label", { for: id }, label), hint, error, body, note, more);
    made.target.setAttribute("aria-describedby", [hint && hint.id, error.id].filter(Boolean).join(" "));
    made.write(blank(this.row[field.item]) ? null : this.row[field.item]);
    this.boxes.set(field.item, { ...made, box: node, error, note, optional: label.querySelector(".optional"), label });
    return node;
  }

  /** A sealed number stays masked and unsent until somebody asks to correct it. */
  masked(field, made) {
    const holder = h("span", { class: "unit" }, h("span", {}, this.sealed[field.item]));
    holder.append(h("button", { type: "button", class: "btn mini", onclick: () => {
      delete this.sealed[field.item];
      holder.replaceWith(made.node);
      made.target.focus();
      this.refresh();
      this.said(field.item);
    } }, icon("edit"), `改${field.label}`));
    return holder;
  }

  // -- answering ----------------------------------------------------------------------------------------------------

  itemOf(node) {
    const box = node.closest("[data-item]");
    return box && box.dataset.item;
  }

  typing(event) {
    const item = this.itemOf(event.target);
    if (!item) return;
    if (item === "id_number" && this.boxes.get(item).read()) {
      const text = this.boxes.get(item).read();
      if (text.length >= 18) this.accept(item, text); // told at once, not after leaving the field
    } else if (this.touched.has(item)) this.accept(item, this.boxes.get(item).read());
  }

  changed(event) {
    const item = this.itemOf(event.target);
    if (!item || this.boxes.get(item) === undefined) return;
    this.accept(item, this.boxes.get(item).read());
  }

  accept(item, value) {
    const before = this.row[item];
    const next = { ...this.row, [item]: value };
    const shown = shownItems(this.form, next, this.params);
    const lost = [...this.form.fields.keys()].filter((one) => this.shown.has(one) && !shown.has(one) && !blank(this.row[one]) && one !== item);
    this.touched.add(item);
    if (lost.length) { this.ask(item, value, before, lost); return; }
    if (this.pending && this.pending.item === item) this.settle();
    this.row = next;
    if (item === "id_number") this.fromId(value);
    this.refresh();
    this.said(item);
  }

  said(item) {
    this.dispatchEvent(new CustomEvent("answered", { bubbles: true, detail: { item } }));
  }

  /** Answers that a skip rule would hide are cleared only after a yes. */
  ask(item, value, before, lost) {
    this.settle();
    const names = lost.map((one) => this.form.fields.get(one).label).join("、");
    const say = h("div", { class: "notice warn gap", role: "alert" }, icon("warn"), h("div", {}, h("p", {}, `这样填，下面 ${lost.length} 项就不用填了：${names}。`),
      h("p", { class: "row gap" },
        h("button", { type: "button", class: "btn", "data-yes": "", onclick: () => this.clear(item, value, lost) }, `清掉这 ${lost.length} 项`),
        h("button", { type: "button", class: "btn quiet", "data-no": "", onclick: () => this.keep(item, before) }, "不改"))));
    this.pending = { item, say };
    this.boxes.get(item).box.append(say);
    say.querySelector("[data-no]").focus();
  }

  clear(item, value, lost) {
    this.settle();
    const next = { ...this.row, [item]: value };
    for (const one of lost) { next[one] = null; this.boxes.get(one).write(null); }
    this.row = next;
    this.refresh();
    this.said(item);
    this.focusItem(item);
  }

  keep(item, before) {
    this.settle();
    this.boxes.get(item).write(blank(before) ? null : before);
    this.focusItem(item);
  }

  settle() {
    if (this.pending) this.pending.say.remove();
    this.pending = null;
  }

  fromId(value) {
    const box = this.boxes.get("id_number");
    const read = value ? readId(value) : { problem: "" };
    box.note.hidden = Boolean(read.problem) || !value;
    if (read.problem !== undefined) return;
    this.row.id_number = read.id;
    box.note.textContent = idWords(read, this.data.asOf);
    for (const [item, derived] of [["sex", read.sex], ["birth_date", read.birth]]) {
      this.row[item] = derived;
      if (this.boxes.has(item)) this.boxes.get(item).write(derived);
    }
  }

  refresh() {
    this.shown = shownItems(this.form, this.row, this.params);
    this.problems = problems(this.form, this.row, this.params, this.shown, this.sealed);
    for (const [item, box] of this.boxes) {
      const field = this.form.fields.get(item);
      // an answer that is hidden but filled (an old record) stays in sight until somebody clears it
      box.box.hidden = !this.shown.has(item) && (blank(this.row[item]) || field.forbid === "none");
      box.optional.textContent = isRequired(field, this.row, this.params) ? "" : "（选填）";
      this.mark(item, this.touched.has(item) ? this.problems.filter((one) => one.item === item) : []);
    }
    for (const node of this.querySelectorAll("[data-section]")) node.hidden = ![...node.querySelectorAll("[data-item]")].some((box) => !box.hidden);
    this.output.value = JSON.stringify(this.payload());
    const filled = [...this.shown].filter((item) => !blank(this.row[item]) || this.sealed[item]).length;
    const bar = document.querySelector("[data-progress]");
    if (bar) bar.textContent = `已填 ${filled} / ${this.shown.size} 项`;
    if (this.here) this.single(this.here);
  }

  // -- one question at a time -----------------------------------------------------------------------------------------

  /** Items that are asked now, in the form's order. */
  order() {
    return [...this.form.fields.keys()].filter((item) => this.shown.has(item));
  }

  /** Keep only this question in sight; null brings the whole form back. Nothing about the answers depends on it. */
  single(item) {
    this.here = item;
    this.classList.toggle("single", Boolean(item));
    for (const [one, box] of this.boxes) box.box.classList.toggle("aside", Boolean(item) && one !== item);
    for (const node of this.querySelectorAll("[data-section]")) node.classList.toggle("aside", Boolean(item) && !node.contains(this.boxes.get(item).box));
  }

  /** What is wrong with one question, told at it; its errors are returned. */
  check(item) {
    this.touched.add(item);
    this.refresh();
    const errors = this.problems.filter((one) => one.item === item && one.severity === "error");
    if (this.pending) errors.unshift({ item: this.pending.item, message: "先选“清掉”或“不改”", severity: "error" });
    if (errors.length) this.showSummary(errors, true);
    else this.summary.hidden = true;
    return errors;
  }

  payload() {
    const answers = {};
    for (const item of this.form.fields.keys()) if (!this.sealed[item]) answers[item] = blank(this.row[item]) ? null : this.row[item];
    for (const item of ["sex", "birth_date"]) if (!(item in answers) && this.row[item] && !this.sealed.id_number) answers[item] = this.row[item];
    return answers;
  }

  mark(item, list) {
    const box = this.boxes.get(item);
    if (!box) return;
    const worst = list.find((one) => one.severity === "error") || list[0];
    box.error.replaceChildren(...(worst ? [icon(worst.severity === "error" ? "stop" : "warn"), worst.message] : []));
    box.error.hidden = !worst;
    box.error.classList.toggle("warn-text", Boolean(worst) && worst.severity !== "error");
    box.box.classList.toggle("bad", Boolean(worst) && worst.severity === "error");
    if (worst && worst.severity === "error") box.target.setAttribute("aria-invalid", "true");
    else box.target.removeAttribute("aria-invalid");
    if (worst && worst.suggestion) box.error.append(h("button", { type: "button", class: "btn mini", onclick: () => { box.write(worst.suggestion); this.accept(item, worst.suggestion); } }, `改为 ${worst.suggestion}`));
  }

  // -- keys and sending ---------------------------------------------------------------------------------------------

  key(event) {
    const item = event.target.closest && this.itemOf(event.target);
    if (event.key === "Enter" && item && event.target.tagName !== "BUTTON" && event.target.tagName !== "TEXTAREA" && !event.defaultPrevented) {
      event.preventDefault();
      this.changed(event);
      if (!this.pending) this.next(item);
    }
  }

  next(item) {
    if (this.here && this.check(item).length) return;
    const order = [...this.boxes.keys()].filter((one) => !this.boxes.get(one).box.hidden && !this.sealed[one]);
    const following = order[order.indexOf(item) + 1];
    if (following) this.focusItem(following);
    else this.element.querySelector("[type=submit]").focus();
  }

  focusItem(item) {
    const box = this.boxes.get(item);
    if (this.here) { this.single(item); this.dispatchEvent(new CustomEvent("turned", { bubbles: true })); }
    const checked = box.box.querySelector(":checked");
    const place = checked || (this.sealed[item] ? box.box.querySelector("button") : box.target.matches("region-picker") ? box.target.querySelector("input") : box.target);
    place.focus();
    if (place.select && place.type === "text") place.select();
  }

  submit(event) {
    const last = this.itemOf(document.activeElement); // sent by keys: the field being typed has not reported its change yet
    if (last && !this.pending && !this.sealed[last]) this.accept(last, this.boxes.get(last).read());
    for (const item of this.boxes.keys()) this.touched.add(item);
    this.refresh();
    const errors = this.problems.filter((one) => one.severity === "error");
    if (this.pending) errors.unshift({ item: this.pending.item, message: `${this.form.fields.get(this.pending.item).label}：先选“清掉”或“不改”`, severity: "error" });
    if (!errors.length) return;
    event.preventDefault();
    this.showSummary(errors, true);
  }

  showSummary(list, own = false) {
    const errors = list.filter((one) => one.severity === "error");
    const said = errors.length ? errors : list;
    this.summary.replaceChildren(
      h("h2", {}, errors.length ? `还有 ${errors.length} 处要改` : `有 ${list.length} 处提醒，没有错可以照交`),
      h("ul", {}, said.map((one) => {
        const box = this.boxes.get(one.item);
        return h("li", {}, box ? h("a", { href: `#f-${one.item}`, onclick: (event) => { event.preventDefault(); this.focusItem(one.item); } }, one.message) : one.message);
      })));
    this.summary.hidden = false;
    if (errors.length && !document.title.startsWith("错误：")) document.title = `错误：${document.title}`;
    if (!own) for (const one of list) if (this.boxes.has(one.item)) { this.boxes.get(one.item).box.hidden = false; this.mark(one.item, list.filter((other) => other.item === one.item)); }
    this.summary.focus();
  }
}

/** The months a form asks: the programme's window when the day lies in or just after it, else last year and this one. */
function monthsOf(parameters, asOf) {
  const [first, last] = [parameters.统计期起, parameters.月份格止 || parameters.统计期止];
  const year = Number(asOf.slice(0, 4));
  if (first && last && asOf >= first && asOf <= `${Number(last.slice(0, 4)) + 1}${last.slice(4)}`) return [first, last];
  return [`${year - 1}-01-01`, `${year}-12-01`];
}

customElements.define("record-form", RecordForm);
