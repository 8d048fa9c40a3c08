// One person: what is known, why and what to ask, and everything that can come of it.
import { h, icon } from "../site/dom.js";
import { blank } from "../site/record-check.js";
import { attempt, remark, results, tag, unchanged } from "./list.js";
import * as nav from "./nav.js";
import * as outbox from "./outbox.js";
import * as people from "./people.js";
import * as sync from "./sync.js";
import { about, answer, last, today } from "./words.js";

const MISSED = [["visit", "unreached", "入户没有人"], ["visit", "away", "人在外地，家里人不清楚"], ["visit", "refused", "本人不愿意答"], ["wechat", "unreached", "微信没有回"]];

function facts(person) {
  const rows = [];
  for (const section of sync.formNow().sections) {
    const known = section.items.filter((field) => !blank(person.answers[field.item]) || (person.sealed || {})[field.item]);
    if (!known.length) continue;
    rows.push(h("h2", { class: "sec" }, section.title), h("dl", { class: "facts" }, known.map((field) => h("div", {}, h("dt", {}, field.label), h("dd", {}, (person.sealed || {})[field.item] || answer(field, person.answers[field.item]))))));
  }
  return rows;
}

nav.screen("person", ({ id }) => {
  const person = people.get(id);
  if (!person) return { title: "找不到", page: "个人", back: true, main: [h("p", {}, "这个人已经不在您的名单里，可能迁到别的村，或已经停用。")] };
  const name = people.nameOf(person);
  const [returned, draft] = [people.isReturned(person), outbox.draftOf(id)];
  const done = ({ uuid }, words) => {
    nav.back();
    nav.toast(`${name}：${words}`, async () => { nav.toast((await outbox.undo(uuid)) ? `${name}：已撤销` : `${name}：已经上传，撤销不了`); if (nav.isAt("list") || nav.isAt("person")) nav.again(); });
  };
  const calls = h("div", { class: "acts three", hidden: true });
  const call = person.call ? h("a", { class: "btn", href: `tel:${person.call}`, onclick: () => setTimeout(() => {
    calls.replaceChildren(...results(person, (said, result) => {
      if (result !== "reached") { done(said, result === "unreached" ? "记为联系不上" : "记为空号"); return; }
      calls.replaceChildren(h("button", { type: "button", class: "btn primary", onclick: async () => done(await unchanged(person, "2"), "已记为无变化") }, icon("check"), "电话里说无变化"), h("button", { type: "button", class: "btn", onclick: () => nav.go("form", { worker: id }) }, icon("edit"), "有变化"));
      calls.querySelector("button").focus();
    }));
    calls.hidden = false;
    calls.querySelector("button").focus();
  }, 300) }, icon("phone"), "打电话") : null;
  const next = h("input", { type: "date", id: "next", min: today() });
  const missed = h("details", { class: "gap" }, h("summary", {}, icon("clock"), "没有联系上"),
    h("div", { class: "field" }, h("label", { for: "next" }, "下次哪天再找（可不填）"), next),
    h("div", { class: "acts two gap" }, MISSED.map(([channel, result, words]) => h("button", { type: "button", class: "btn", onclick: async () => done(await attempt(person, channel, result, words, next.value || null), words) }, words))));
  const list = (title, lines) => ((lines || []).length ? [h("h2", { class: "sec" }, title), h("ul", { class: "list" }, lines.map((line) => h("li", {}, line)))] : []);
  const advice = people.adviceOn(person) || {};
  const main = [
    h("p", { class: "row between" }, h("span", { class: "muted" }, about(person)), tag(person)),
    h("p", { class: "small muted" }, last(person)),
    returned ? h("div", { class: "notice bad gap" }, icon("back"), h("div", {}, h("p", {}, "退回来要改的："), h("p", {}, remark(person)))) : null,
    person.waiting && !returned ? h("div", { class: "notice gap" }, icon("clock"), h("p", {}, "上次的修改还在审。")) : null,
    outbox.about(id).map((one) => h("p", { class: "small gap" }, icon("todo"), ` 待上传：${one.what}`)),
    h("div", { class: "acts two gap" },
      returned ? null : h("button", { type: "button", class: "btn primary", onclick: async () => done(await unchanged(person), "已记为无变化") }, icon("check"), "无变化"),
      h("button", { type: "button", class: `btn${returned ? " primary" : ""}`, onclick: () => nav.go("form", { worker: id }) }, icon("edit"), draft ? "接着填草稿" : returned ? "改退回的" : "修改"),
      call, h("button", { type: "button", class: "btn", onclick: () => nav.go("stop", { id }) }, icon("x"), "停用")),
    calls, list("为什么今天找", advice.reasons), list("问这几句", advice.questions), missed, facts(person)];
  return { title: name, page: "个人", back: true, main };
});

nav.screen("stop", ({ id }) => {
  const person = people.get(id);
  const reasons = sync.stops();
  const wrong = nav.summary();
  const since = h("input", { type: "date", id: "since", max: today(), value: today() });
  const why = h("input", { id: "why", maxlength: "200", autocomplete: "off", placeholder: "如 已迁到外县，村里开了证明" });
  const form = h("form", { autocomplete: "off", novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    const chosen = form.querySelector("[name=status]:checked");
    if (!chosen) return nav.complain(wrong, "先选为什么停用", form.querySelector("[name=status]"));
    if (!since.value || since.value > today()) return nav.complain(wrong, "填从哪天起，今天或以前的日期", since);
    const label = reasons.find((one) => one.code === chosen.value).label;
    await outbox.add({ kind: "stop", worker: id, base_version: person.version, status: chosen.value, since: since.value, reason: why.value.trim() }, { name: people.nameOf(person), what: `停用：${label}` });
    sync.later(outbox.HOLD + 500);
    await nav.go("list", {}, { replace: true });
    nav.toast(`${people.nameOf(person)}：停用已存，审完才生效`);
    return undefined;
  } }, wrong, h("p", {}, "停用后不再进名单和报表；资料和以前的记录都在，可以恢复。"),
  h("fieldset", { class: "field" }, h("legend", {}, "为什么停用"), h("div", { class: "choices" }, reasons.map((one, at) => h("div", { class: "choice" }, h("input", { type: "radio", name: "status", id: `stop-${at}`, value: one.code }), h("label", { for: `stop-${at}` }, one.label))))),
  h("div", { class: "field" }, h("label", { for: "since" }, "从哪天起"), since), h("div", { class: "field" }, h("label", { for: "why" }, "说明（可不填）"), why));
  return { title: `停用：${people.nameOf(person)}`, page: "停用", back: true, main: [form],
    foot: [h("button", { type: "button", class: "btn", onclick: () => nav.back() }, "不停用"), h("button", { type: "button", class: "btn back", onclick: () => form.requestSubmit() }, "停用 1 人")] };
});
