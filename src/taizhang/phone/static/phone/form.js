// The form in both modes over one draft, and the page that shows everything once more before it is kept for sending.
import { h, icon } from "../site/dom.js";
import { blank } from "../site/record-check.js";
import "../site/record-form.js";
import { evidence } from "./image.js";
import * as nav from "./nav.js";
import * as outbox from "./outbox.js";
import * as people from "./people.js";
import * as places from "./places.js";
import * as settings from "./settings.js";
import * as sync from "./sync.js";
import { answer, today } from "./words.js";

const TYPING = 300; // ms after the last key until what was typed is kept

const same = (one, other) => (blank(one) && blank(other)) || JSON.stringify(Array.isArray(one) ? [...one].sort() : String(one)) === JSON.stringify(Array.isArray(other) ? [...other].sort() : String(other));

/** The draft a form is about: found, or made of a person, of a refused record, or of a look for somebody new. */
function begin({ draft, worker, record, fresh, paper }) {
  if (draft) return outbox.allDrafts().find((one) => one.id === draft);
  if (record) {
    const { record: said, name, findings, message, files } = outbox.byUuid(record);
    const person = said.worker && people.get(said.worker);
    return { worker: said.worker, kind: said.kind, name, row: { ...(person ? { ...hidden(person), ...person.answers } : {}), ...said.answers }, base: person ? { ...person.answers } : null, sealed: person ? left(person.sealed, said.answers) : {}, mode: said.mode, since: said.since,
      base_version: person ? person.version : said.base_version, files, findings: findings.map((one) => ({ severity: "error", ...one })), message, from: record };
  }
  if (paper) {
    const known = outbox.allDrafts().find((one) => one.paper === paper);
    if (known) return known;
    const said = sync.returned().find((one) => one.submission === paper);
    return { worker: null, kind: "new", name: said.name, row: { ...said.answers }, sealed: { ...said.sealed }, mode: "auto", since: null, base_version: null, files: [], findings: [], remarks: said.remarks, paper };
  }
  if (worker) {
    const known = outbox.draftOf(worker);
    if (known) return known;
    const person = people.get(worker);
    const back = people.isReturned(person) && sync.returned().find((one) => one.worker === worker);
    return { worker, kind: "edit", name: people.nameOf(person), row: { ...hidden(person), ...person.answers, ...(back ? back.answers : {}) }, base: { ...person.answers }, paper: back ? back.submission : null, sealed: { ...person.sealed }, mode: "change", since: today(), base_version: person.version, files: [], findings: [] };
  }
  return { worker: null, kind: "new", name: fresh.name, row: { full_name: fresh.name || null, id_number: fresh.number || null, hukou_region: fresh.village || null }, sealed: {}, mode: "auto", since: null, base_version: null, files: [], findings: [] };
}

const hidden = (person) => ({ sex: person.sex, birth_date: person.birth }); // asked by rules, not by every form
const left = (sealed, answers) => Object.fromEntries(Object.entries(sealed || {}).filter(([item]) => blank(answers[item])));

function placesOf(row) {
  const found = {};
  for (const field of sync.fields().values()) if (field.kind === "region" && row[field.item]) found[row[field.item]] = places.fullName(row[field.item]);
  return found;
}

function findPlaces(text, mine) {
  return places.find(text, mine ? sync.known().villages.map((one) => one.code) : null);
}

nav.screen("form", (what) => {
  let draft = begin(what);
  if (!draft) return { title: "没有了", page: "填表", back: true, main: [h("p", {}, "这份草稿已经交了，或已经删了。")] };
  const returned = draft.worker && people.get(draft.worker) && people.get(draft.worker).returned;
  let single = settings.get("single", "") === "1";
  const element = h("record-form");
  if (single) element.setAttribute("single", "");
  element.source = { form: sync.formNow(), answers: { ...draft.row }, sealed: draft.sealed, findings: draft.findings || [], asOf: today(), findRegions: findPlaces, regions: placesOf(draft.row) };
  const form = h("form", { novalidate: true, autocomplete: "off" }, h("div", { "data-fields": "" }), h("input", { type: "hidden", name: "answers", autocomplete: "off" }));
  element.append(form);

  // -- keeping
  let saving = Promise.resolve();
  let typing = null;
  let typed = null; // what the timer is about to keep
  let dirty = false;
  const save = (row) => {
    dirty = true;
    typed = null;
    const [kept, sealed, answers, shown] = [{ ...(row || element.row) }, { ...element.sealed }, element.payload(), element.order()];
    const wrong = row ? null : element.problems.filter((one) => one.severity === "error").map((one) => one.message); // half typed: not known
    saving = saving.then(async () => {
      draft = await outbox.draft({ ...draft, row: kept, sealed, answers, shown, wrong, name: kept.full_name || draft.name, findings: [] });
      stored.textContent = `，已存 ${new Date().toTimeString().slice(0, 5)}`;
    });
    return saving;
  };
  element.addEventListener("answered", ({ detail: { item } }) => {
    clearTimeout(typing);
    save();
    count();
    const other = item === "id_number" && people.alike("", element.row[item]).find((one) => one.id !== draft.worker);
    if (other) element.boxes.get(item).note.append(`，本机名单里有号码像的：${people.nameOf(other)}`);
  });
  element.addEventListener("input", (event) => {
    clearTimeout(typing);
    const item = element.itemOf(event.target);
    const box = item && element.boxes.get(item);
    if (box && event.target.type !== "radio" && event.target.type !== "checkbox" && !event.target.closest("region-picker")) {
      typed = () => save({ ...element.row, [item]: box.read() });
      typing = setTimeout(typed, TYPING);
    }
  });
  const flush = () => { clearTimeout(typing); return typed ? typed() : saving; };

  // -- where we are
  const number = h("span", {});
  const stored = h("span", { class: "muted" });
  const filled = h("span", { "data-progress": "" });
  const bar = h("progress", { "aria-label": "填表进度" });
  const turn = h("button", { type: "button", class: "btn quiet mini" });
  const [before, after] = [h("button", { type: "button", class: "btn" }), h("button", { type: "button", class: "btn primary" })];
  const count = () => {
    const order = element.order();
    const at = order.indexOf(element.here);
    number.textContent = single ? `第 ${at + 1} 题，共 ${order.length} 题` : "";
    filled.hidden = single;
    bar.max = order.length;
    bar.value = single ? at + 1 : order.filter((item) => !blank(element.row[item]) || element.sealed[item]).length;
    turn.textContent = single ? "改为整张表" : "改为一题一屏";
    before.replaceChildren(...(single ? [icon("left"), "上一题"] : ["先存着"]));
    before.disabled = single && at <= 0;
    after.replaceChildren(...(single && at < order.length - 1 ? ["下一题", icon("right")] : ["检查并提交"]));
  };
  const check = async () => {
    clearTimeout(typing);
    await save();
    await nav.go("confirm", { draft: draft.id });
  };
  element.addEventListener("submit", (event) => { // bubbling here, after the component has looked at it
    if (event.defaultPrevented) return;
    event.preventDefault();
    check();
  });
  const step = (by) => {
    const here = element.here;
    if (by > 0 && element.check(here).length) return;
    const order = element.order();
    const to = order[order.indexOf(here) + by];
    if (!to) { if (by > 0) finish(); return; }
    element.summary.hidden = true;
    element.single(to);
    count();
    document.getElementById("main").scrollTop = 0;
    document.title = "填表 - 台账";
    element.focusItem(to);
  };
  const finish = () => {
    element.single(null);
    form.requestSubmit();
    if (!element.summary.hidden && single) { // something further up: go there
      const wrong = element.problems.find((one) => one.severity === "error" && element.boxes.has(one.item));
      element.single(wrong ? wrong.item : element.order()[0]);
      count();
    }
  };
  before.addEventListener("click", async () => {
    if (single) { step(-1); return; }
    await flush();
    await nav.go("list", {}, { replace: true });
    nav.toast(dirty ? "草稿已存，在“待上传”里接着填" : "没有改动");
  });
  after.addEventListener("click", () => (single ? step(1) : form.requestSubmit()));
  turn.addEventListener("click", () => {
    single = !single;
    settings.set("single", single ? "1" : "");
    element.single(single ? element.order().find((item) => item === element.itemOf(document.activeElement)) || element.order()[0] : null);
    count();
    document.getElementById("main").scrollTop = 0;
  });
  element.addEventListener("turned", () => count());
  element.addEventListener("complete", () => count());

  // -- what was sent back
  const remarks = Object.entries(draft.remarks || (returned && returned.remarks) || {});
  const jump = (item) => element.focusItem(item);
  const told = remarks.length || draft.message ? h("div", { class: "notice bad" }, icon("back"), h("div", {}, h("p", {}, draft.message || "退回来要改的："),
    remarks.map(([item, words]) => h("p", {}, sync.fields().has(item)
      ? h("button", { type: "button", class: "btn quiet bad-text wrap-text", onclick: () => jump(item) }, `${sync.fields().get(item).label}：${words}`) : words)))) : null;
  const first = what.item || (remarks.find(([item]) => sync.fields().has(item)) || [])[0] || ((draft.findings || []).find((one) => sync.fields().has(one.item)) || {}).item;
  if (!first) element.setAttribute("gradual", "");
  setTimeout(() => {
    if (first && element.boxes.has(first) && (what.item || !draft.findings.length)) { element.boxes.get(first).box.hidden = false; element.focusItem(first); }
    count();
  });
  return { title: draft.name || "新增", page: "填表", back: true, main: [told, h("p", { class: "row between small" }, h("span", {}, number, filled, stored), turn), bar, element], foot: [before, after], leave: flush };
});

// -- once more before it is kept for sending --------------------------------------------------------------------------

/** What a draft says: {person, shown, changed, cleared, isNew}. */
function changes(draft) {
  const person = draft.worker && people.get(draft.worker);
  const fields = sync.fields();
  const old = person ? draft.base || person.answers : {}; // as the form was opened: what came since is not what was changed
  const isNew = (item) => !draft.sealed[item] && (fields.get(item).sealed ? !blank(draft.row[item]) : !same(draft.row[item], old[item]));
  const shown = draft.shown.filter((item) => fields.has(item));
  const cleared = person ? [...fields.keys()].filter((item) => !shown.includes(item) && !blank(old[item]) && blank(draft.row[item]) && !draft.sealed[item]) : [];
  return { person, fields, old, shown, cleared, isNew, changed: shown.filter(isNew) };
}

/** Keep a finished draft for sending. */
export async function hand(draft) {
  const { person, old, changed, cleared } = changes(draft);
  const { kind, worker, base_version, mode, files = [] } = draft;
  const [fresh, said] = [kind === "new", [...changed, ...cleared]];
  const answers = person ? Object.fromEntries(said.map((item) => [item, blank(draft.row[item]) ? null : draft.row[item]])) : draft.answers;
  await outbox.add({ kind, worker, base_version, answers, ...(person ? { seen: outbox.seen(worker, said, old) } : {}), ...(draft.paper ? { paper: draft.paper } : {}), mode: fresh ? "auto" : mode, since: fresh || mode === "correction" ? null : draft.since },
    { name: draft.row.full_name || draft.name, what: fresh ? "新增" : `改 ${said.length} 项`, files, drop: [["drafts", draft.id], ...(draft.from ? [["outbox", draft.from]] : [])] });
  if (draft.paper) await sync.keepReturned(sync.returned().filter((one) => one.submission !== draft.paper));
  sync.later(outbox.HOLD + 500);
}

nav.screen("confirm", ({ draft: id }) => {
  const draft = outbox.allDrafts().find((one) => one.id === id);
  if (!draft) return { title: "没有了", page: "提交前", back: true, main: [h("p", {}, "这份草稿已经交了，或已经删了。")] };
  const { person, fields, old, shown, cleared, isNew, changed } = changes(draft);
  const line = (item) => {
    const field = fields.get(item);
    const before = person && isNew(item) && !field.sealed ? h("span", { class: "small muted" }, `（上次 ${answer(field, old[item])}）`) : null;
    return h("div", { class: "answer" }, h("dt", { class: "muted" }, field.label), h("dd", { class: "row between" }, h("span", { class: "grow" }, draft.sealed[item] || answer(field, draft.row[item]), " ", before),
      h("button", { type: "button", class: "btn quiet mini", onclick: () => nav.go("form", { draft: id, item }, { replace: true }) }, "修改", h("span", { class: "vh" }, field.label))));
  };
  const rest = shown.filter((item) => !changed.includes(item));
  const filled = shown.filter((item) => draft.sealed[item] || !blank(draft.row[item]));
  const fold = (title, items) => (items.length ? h("details", { class: "gap" }, h("summary", {}, icon("info"), title), h("dl", { class: "answers" }, items.map(line))) : null);
  const since = h("input", { type: "date", id: "since", max: today(), value: draft.since || today() });
  const sinceField = h("div", { class: "field", hidden: draft.mode === "correction" }, h("label", { for: "since" }, "从哪天起变的"), since);
  const mode = (value, word) => h("div", { class: "choice" }, h("input", { type: "radio", name: "mode", id: `mode-${value}`, value, checked: draft.mode === value, onchange: () => { sinceField.hidden = value === "correction"; outbox.draft({ ...draft, mode: value }); draft.mode = value; } }), h("label", { for: `mode-${value}` }, word));
  const wrong = nav.summary();
  const nothing = person && !changed.length && !cleared.length;
  const send = async (event) => {
    const change = draft.kind === "edit" && draft.mode !== "correction";
    if (change && (!since.value || since.value > today())) {
      nav.complain(wrong, "填从哪天起变的，今天或以前的日期", since);
      return;
    }
    event.currentTarget.disabled = true;
    const name = draft.row.full_name || draft.name;
    await hand({ ...draft, since: since.value });
    await nav.go("list", {}, { replace: true });
    nav.toast(`${name}：已存，${sync.status.online ? "马上上传" : "有网络时自动上传"}`);
  };
  const main = [h("h2", {}, "提交前看一遍"), wrong,
    nothing ? h("div", { class: "notice gap" }, icon("info"), h("p", {}, "没有改动。返回名单点“无变化”就行。")) : null,
    person && changed.length ? [h("h3", { class: "gap" }, `改了 ${changed.length} 项`), h("dl", { class: "answers" }, changed.map(line))] : null,
    cleared.length ? h("p", { class: "gap" }, `清掉了 ${cleared.length} 项：${cleared.map((item) => fields.get(item).label).join("、")}`) : null,
    person ? fold(`没有改的 ${rest.length} 项`, rest) : [h("dl", { class: "answers gap" }, filled.map(line)), fold(`没有填的 ${shown.length - filled.length} 项`, shown.filter((item) => !filled.includes(item)))],
    draft.kind === "edit" && !nothing ? [h("fieldset", { class: "field" }, h("legend", {}, "这次修改是"), h("div", { class: "choices two" }, mode("change", "情况有变"), mode("correction", "原来填错"))), sinceField] : null,
    nothing ? null : evidence(draft, (files) => { draft.files = files; return outbox.draft({ ...draft, files }); })];
  return { title: draft.name || "新增", page: "提交前看一遍", back: true, main, foot: [h("button", { type: "button", class: "btn", onclick: () => nav.go("form", { draft: id }, { replace: true }) }, icon("left"), "再改改"),
    nothing ? h("button", { type: "button", class: "btn primary", onclick: async () => { await outbox.drop("drafts", id); await nav.go("list", {}, { replace: true }); } }, "返回名单") : h("button", { type: "button", class: "btn primary", onclick: send }, "提交")] };
});
