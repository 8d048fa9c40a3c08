// 待上传: what came back, drafts, what waits, what has arrived.
import { h, icon } from "../site/dom.js";
import { hand } from "./form.js";
import { remark } from "./list.js";
import * as nav from "./nav.js";
import * as outbox from "./outbox.js";
import * as people from "./people.js";
import * as sync from "./sync.js";
import { when } from "./words.js";

const item = (bad, name, tag, lines, acts) => h("li", { class: `person${bad ? " back" : ""}` }, h("div", { class: "row between" }, h("strong", {}, name || "没有姓名"), tag), lines.filter(Boolean).map((line) => (typeof line === "string" ? h("p", { class: "small" }, line) : line)), acts ? h("div", { class: "acts two" }, acts) : null);
const part = (title, rows, none) => [h("h2", { class: "sec" }, title), rows.length ? h("ul", {}, rows) : none ? h("p", { class: "muted small" }, none) : null];

function refused(entry) {
  const { record, name, what, message, findings } = entry;
  const mend = record.kind === "edit" || record.kind === "new";
  return item(true, name, h("span", { class: "tag bad" }, icon("stop"), "被退回"), [`${what}，${when(record.at)}`, h("p", { class: "bad-text" }, [message, ...findings.map((one) => one.message)].filter((one, at, all) => one && all.indexOf(one) === at).join("；"))], [
    mend ? h("button", { type: "button", class: "btn primary", onclick: () => nav.go("form", { record: record.uuid }) }, icon("edit"), h("span", {}, "改好再交", h("span", { class: "vh" }, `：${name}`))) : null,
    h("button", { type: "button", class: "btn", onclick: async (event) => sure(event.currentTarget, "删掉，不交了", async () => { await outbox.drop("outbox", record.uuid); nav.again(); }) }, h("span", {}, "不交了", h("span", { class: "vh" }, `：${name}`)))]);
}

/** Second press of the same button does it. */
function sure(button, words, act) {
  if (button.dataset.sure) { act(); return; }
  button.dataset.sure = "1";
  button.classList.add("back");
  button.textContent = words;
}

nav.screen("tray", () => {
  const returned = people.find({}).filter(people.isReturned);
  const bad = [...outbox.refused().map(refused), ...returned.map((person) => item(true, people.nameOf(person), h("span", { class: "tag bad" }, icon("back"), "被退回"), [h("p", { class: "bad-text" }, remark(person))], [
    h("button", { type: "button", class: "btn primary", onclick: () => nav.go("form", { worker: person.id }) }, icon("edit"), h("span", {}, "改退回的", h("span", { class: "vh" }, `：${people.nameOf(person)}`)))]))];
  for (const paper of sync.returned()) {
    if (people.get(paper.worker)) continue;
    const words = Object.entries(paper.remarks || {}).map(([one, said]) => (sync.fields().has(one) ? `${sync.fields().get(one).label}：${said}` : said)).join("；");
    bad.push(item(true, paper.name, h("span", { class: "tag bad" }, icon("back"), "被退回"), ["新增", h("p", { class: "bad-text" }, words)], [
      h("button", { type: "button", class: "btn primary", onclick: () => nav.go("form", { paper: paper.submission }) }, icon("edit"), h("span", {}, "改退回的", h("span", { class: "vh" }, `：${paper.name}`)))]));
  }
  const drafts = outbox.allDrafts().map((draft) => item(false, draft.name, h("span", { class: "tag" }, icon("edit"), "草稿"), [`${draft.kind === "new" ? "新增" : "修改"}，${when(draft.kept)}存`, draft.wrong && draft.wrong[0] ? h("p", { class: "bad-text" }, `还有 ${draft.wrong.length} 处要改：${draft.wrong[0]}`) : null], [
    h("button", { type: "button", class: "btn primary", onclick: () => nav.go("form", { draft: draft.id }) }, icon("edit"), h("span", {}, "接着填", h("span", { class: "vh" }, `：${draft.name}`))),
    h("button", { type: "button", class: "btn", onclick: (event) => sure(event.currentTarget, "删掉这份草稿", async () => { await outbox.drop("drafts", draft.id); nav.again(); }) }, h("span", {}, "不要了", h("span", { class: "vh" }, `：${draft.name}`)))]));
  const waiting = outbox.waiting().map((entry) => item(false, entry.name, h("span", { class: "tag" }, icon("todo"), "待上传"), [`${entry.what}，${when(entry.record.at)}存${entry.files.length ? `，凭据 ${entry.files.length} 个` : ""}`]));
  const sent = outbox.sent().map((one) => item(false, one.name, h("span", { class: `tag ${one.outcome === "conflict" ? "warn" : "ok"}` }, icon(one.outcome === "conflict" ? "warn" : "check"), "已上传"), [`${one.what}，${when(one.at)}`, one.said, one.outcome === "conflict" ? h("p", { class: "gap" }, h("a", { class: "btn", href: "/phone/conflicts/" }, "登录后去选")) : null]));
  const whole = outbox.allDrafts().filter((one) => one.wrong && !one.wrong.length);
  const main = [
    bad.length ? part(`被退回 ${bad.length}`, bad) : null,
    part(`草稿 ${drafts.length}`, drafts, "没有草稿。填到一半的表会在这里。"),
    whole.length ? h("p", { class: "gap" }, h("button", { type: "button", class: "btn wide", onclick: async () => { for (const draft of whole) await hand(draft); nav.again(); } }, icon("check"), `没有错的 ${whole.length} 份一起提交`)) : null,
    part(`待上传 ${waiting.length}`, waiting, "都上传了。"), waiting.length ? h("p", { class: "muted small gap" }, "有网络时自动上传。上传成功前，不要清理手机数据。") : null,
    waiting.length ? h("p", { class: "gap" }, h("button", { type: "button", class: "btn primary wide", onclick: () => sync.sync(() => {}, true) }, icon("sync"), `现在上传 ${waiting.length} 条`)) : null,
    part(`已上传 ${sent.length}`, sent, "这部手机还没有上传过。")];
  return { title: "待上传", page: "待上传", main, tab: "tray" };
});
