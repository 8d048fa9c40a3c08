// 核实: who is to be called on, first what came back.
import { h, icon } from "../site/dom.js";
import { bar } from "./frame.js";
import * as nav from "./nav.js";
import * as outbox from "./outbox.js";
import * as people from "./people.js";
import * as settings from "./settings.js";
import * as sync from "./sync.js";
import { about, daysLeft, doing, last, thousands } from "./words.js";

const PAGE = 50;
const AT_ONCE = 3; // rows drawn before the hand sees anything: a screen of them
const PAUSE = 150; // ms after a key until rows below the screen are drawn
const AHEAD = 6; // rows drawn at a time as the end of the list comes near
const view = { text: "", village: "", state: "open", pages: 1, rows: AT_ONCE }; // in memory: the list comes back as it was left
const fresh = { pages: 1, rows: AT_ONCE };
const TAGS = { open: ["", "todo"], unreached: ["warn", "clock"], done: ["ok", "check"], out: ["", "info"] };

export const method = () => settings.get("method", "1");

/** 无变化: one record, taken back within five seconds if it was the wrong row. `way`: 1 入户, 2 电话. */
export async function unchanged(person, way = method()) {
  const name = people.nameOf(person);
  const uuid = await outbox.add({ kind: "unchanged", worker: person.id, base_version: person.version, method: way }, { name, what: `无变化，${way === "2" ? "电话" : "入户"}` });
  later();
  return { uuid, name };
}

/** A call or visit: what came of it. */
export async function attempt(person, channel, result, what, next = null) {
  const name = people.nameOf(person);
  const uuid = await outbox.add({ kind: "attempt", worker: person.id, base_version: person.version, channel, result, next }, { name, what });
  later();
  return { uuid, name };
}

function later() {
  bar();
  sync.later(outbox.HOLD + 500);
}

export function tag(person) {
  if (people.isReturned(person)) return h("span", { class: "tag bad" }, icon("back"), "被退回");
  const state = people.stateOf(person);
  const waits = outbox.about(person.id).length;
  return h("span", { class: `tag ${TAGS[state][0]}` }, icon(TAGS[state][1]), people.STATES[state] + (waits ? "，待上传" : person.waiting ? "，待审" : ""));
}

/** The first remark of a returned paper. */
export function remark(person) {
  const fields = sync.fields();
  return Object.entries((person.returned && person.returned.remarks) || {}).map(([item, words]) => (fields.get(item) ? `${fields.get(item).label}：${words}` : words)).join("；");
}

/** Buttons after a call: what came of it, in one tap. */
export function results(person, after) {
  const name = people.nameOf(person);
  const button = (word, result, sign, what) => h("button", { type: "button", class: "btn", onclick: async () => after(await attempt(person, "phone", result, what), result) }, icon(sign), h("span", {}, word, h("span", { class: "vh" }, `：${name}`)));
  return [button("接通", "reached", "check", "电话接通"), button("联系不上", "unreached", "clock", "电话联系不上"), button("空号", "wrong_number", "x", "电话空号")];
}

function row(person) {
  const name = people.nameOf(person);
  const returned = people.isReturned(person);
  const node = h("li", { class: `person${returned ? " back" : ""}`, "data-id": person.id });
  const acts = h("div", { class: "acts" });
  const mark = h("span", { class: "push" }, tag(person));
  const draft = outbox.draftOf(person.id);
  const redraw = () => mark.replaceChildren(tag(person));
  const after = ({ uuid }, words, undone) => {
    redraw();
    progress();
    nav.toast(`${name}：${words}`, async () => {
      const good = await outbox.undo(uuid);
      redraw();
      undone();
      progress();
      bar();
      nav.toast(good ? `${name}：已撤销` : `${name}：已经上传，撤销不了，请点“有变化”改`);
    });
  };
  const show = (buttons, calls = false) => {
    acts.classList.toggle("calls", calls);
    acts.replaceChildren(...buttons);
  };
  const done = () => [h("p", { class: "small muted", tabindex: "-1" }, "已记下")];
  const normal = () => [
    returned || draft
      ? h("button", { type: "button", class: "btn primary", onclick: () => nav.go("form", { worker: person.id }) }, icon("edit"), h("span", {}, returned ? "改退回的" : "接着填", h("span", { class: "vh" }, `：${name}`)))
      : h("button", { type: "button", class: "btn primary", "data-same": "", onclick: async () => {
        show(done());
        acts.firstChild.focus({ preventScroll: true });
        after(await unchanged(person), "已记为无变化", () => show(normal()));
      } }, icon("check"), h("span", {}, "无变化", h("span", { class: "vh" }, `：${name}`))),
    returned
      ? h("button", { type: "button", class: "btn", onclick: () => nav.go("person", { id: person.id }) }, h("span", {}, "看全表", h("span", { class: "vh" }, `：${name}`)))
      : h("button", { type: "button", class: "btn", onclick: () => nav.go("form", { worker: person.id }) }, icon("edit"), h("span", {}, "有变化", h("span", { class: "vh" }, `：${name}`))),
    person.call
      ? h("a", { class: "btn", href: `tel:${person.call}`, "aria-label": `拨打 ${name} 的电话`, onclick: () => setTimeout(() => show(results(person, (said, result) => {
        show(normal());
        after(said, result === "reached" ? "记为接通" : result === "unreached" ? "记为联系不上" : "记为空号", () => {});
      }), true), 300) }, icon("phone"), "拨打")
      : h("span", { class: "small muted self" }, "没有电话"),
  ];
  const settled = ["done", "out"].includes(people.stateOf(person)) && !returned;
  if (!settled) acts.append(...normal());
  node.append(
    h("div", { class: "row between" }, h("button", { type: "button", class: "name-link bare", onclick: () => nav.go("person", { id: person.id }) }, name), mark),
    h("p", { class: "small muted" }, about(person)),
  );
  if (returned) node.append(h("p", { class: "bad-text" }, remark(person) || "看退回的意见"));
  const advice = people.adviceOn(person);
  if (advice && !returned) node.append(h("p", { class: "small warn-text" }, advice.reasons[0]));
  const now = doing(person, sync.fields());
  if (now) node.append(h("p", {}, now));
  node.append(h("p", { class: "small muted" }, draft ? "有没填完的草稿" : last(person)));
  if (acts.firstChild) node.append(acts);
  return node;
}

let progress = () => {};

nav.screen("list", () => {
  const state = sync.known() || { villages: [], round: null };
  const villages = state.villages;
  if (!villages.some((one) => one.code === view.village)) view.village = "";
  const list = h("ul", { id: "people" });
  const more = h("p", { class: "gap" });
  const tabs = h("div", { class: "tabs gap", role: "group", "aria-label": "按核实情况看" });
  const head = h("div", {});
  const found = h("p", { class: "vh", role: "status" });
  const search = h("input", { id: "find", type: "search", autocomplete: "off", spellcheck: "false", "aria-label": "找人：姓名、拼音首字母、户主、户编号、号码后 4 位", placeholder: "姓名、首字母、户主", value: view.text });
  let grow = () => {};
  const end = new IntersectionObserver(([seen]) => { if (seen.isIntersecting) grow(view.rows + AHEAD); }, { root: document.getElementById("main"), rootMargin: "800px" });

  progress = () => {
    const now = people.counts(view.village);
    const due = now.total - now.out;
    const share = due ? Math.round((100 * now.done) / due) : 0;
    const left = state.round && state.round.due ? daysLeft(state.round.due) : null;
    head.replaceChildren(
      h("p", { class: "row between small" }, h("span", {}, [state.round && state.round.name, view.village ? villages.find((one) => one.code === view.village).name : villages.length === 1 ? villages[0].name : `${villages.length} 个村`].filter(Boolean).join("，")),
        left === null ? null : h("span", { class: left < 8 ? "warn-text" : "muted" }, left < 0 ? `已超 ${-left} 天` : left ? `还有 ${left} 天` : "今天到期")),
      h("p", { class: "row between" }, h("strong", {}, `已核实 ${thousands(now.done)} / ${thousands(due)} 人`), h("span", { class: "small muted" }, `${share}%`)),
      h("progress", { value: now.done, max: due || 1, "aria-label": "核实进度" }));
    tabs.replaceChildren(...[["open", now.open], ["unreached", now.unreached], ["done", now.done], ["", now.total]].map(([key, count]) => h("button", {
      type: "button", "data-state": key, "aria-pressed": String(!view.text && view.state === key), onclick: () => { Object.assign(view, fresh, { state: key, text: search.value = "" }); draw(); },
    }, key ? people.STATES[key] : "全部", h("b", {}, thousands(count)))));
  };

  let rest = null;
  const draw = (typed = false) => {
    if (typed) for (const tab of tabs.children) tab.setAttribute("aria-pressed", String(!view.text && tab.dataset.state === view.state));
    else progress();
    const all = people.find({ text: view.text, village: view.village, state: view.text.trim() ? "" : view.state });
    const shown = all.slice(0, PAGE * view.pages);
    list.replaceChildren();
    grow = (to) => {
      list.append(...shown.slice(list.childElementCount, to).map(row));
      view.rows = Math.max(AT_ONCE, list.childElementCount);
      const left = all.length - shown.length;
      more.replaceChildren(view.rows < shown.length ? "" : left > 0 ? h("button", { type: "button", class: "btn wide", onclick: () => { view.pages += 1; view.rows = shown.length + AHEAD; draw(); list.children[shown.length].querySelector("button").focus(); } }, `往下还有 ${thousands(left)} 人，再看 ${Math.min(PAGE, left)} 人`)
        : all.length ? h("span", { class: "muted small" }, `共 ${thousands(all.length)} 人，到底了`) : h("span", { class: "muted" }, nothing()));
      end.unobserve(more);
      clearTimeout(rest);
      // anew: tells at once when the end is still near; a finger that types on does not wait for rows below the screen
      if (view.rows < shown.length) rest = setTimeout(() => end.observe(more), typed ? PAUSE : 0);
      typed = false;
    };
    grow(view.rows);
    found.textContent = view.text ? `找到 ${all.length} 人` : "";
  };
  const nothing = () => (view.text ? `名单里没有“${view.text.trim()}”。换姓名、拼音首字母或户主再找；确实没有的，点“新增”。` : view.state === "open" ? "这里的人都核实过了。" : "没有人。");

  search.addEventListener("input", () => { Object.assign(view, fresh, { text: search.value }); draw(true); });
  const way = h("fieldset", {}, h("legend", { class: "vh" }, "这次怎么核实"), h("div", { class: "choices two" }, [["1", "入户核实"], ["2", "电话核实"]].map(([value, word]) => h("div", { class: "choice" },
    h("input", { type: "radio", name: "method", id: `method-${value}`, value, checked: method() === value, onchange: () => settings.set("method", value) }), h("label", { for: `method-${value}` }, word)))));
  const pick = villages.length > 1 ? h("select", { "aria-label": "村（社区）", autocomplete: "off", onchange: (event) => { Object.assign(view, fresh, { village: event.target.value }); draw(); } },
    h("option", { value: "" }, "全部村"), villages.map((one) => h("option", { value: one.code, selected: one.code === view.village }, one.name))) : null;
  const main = [head, h("form", { class: "finder gap", autocomplete: "off", role: "search", onsubmit: (event) => { event.preventDefault(); search.blur(); } }, h("div", { class: "finder-row" }, search, pick), way), found, tabs, list, more];
  draw();
  return { title: "核实", page: "核实", main, tab: "list" };
});
