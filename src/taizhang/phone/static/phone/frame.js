// What stands around every screen once inside: above it the line about network and outbox, below it the tabs.
import { h, icon } from "../site/dom.js";
import * as nav from "./nav.js";
import * as outbox from "./outbox.js";
import * as people from "./people.js";
import * as sync from "./sync.js";
import * as vault from "./vault.js";
import { when } from "./words.js";

const TABS = [["list", "check", "核实"], ["new", "plus", "新增"], ["tray", "doc", "待上传"], ["me", "person", "我的"]];

const node = (id) => document.getElementById(id);

nav.frame((drawn, foot) => {
  if (drawn.tab) {
    foot.append(h("nav", { class: "tabbar", "aria-label": "手机菜单" }, TABS.map(([name, sign, word]) => h("a", {
      href: `#${name}`, "aria-current": name === drawn.tab ? "page" : null, "data-tab": name,
      onclick: (event) => { event.preventDefault(); if (name !== drawn.tab) nav.go(name, {}, { replace: drawn.tab !== "list" }); else nav.again(); },
    }, icon(sign), h("span", {}, word)))));
  }
  bar();
});

function tally() {
  const tab = document.querySelector("[data-tab=tray] span");
  if (!tab || !outbox.me()) return;
  const [waiting, bad] = [outbox.waiting().length, outbox.refused().length + people.returned() + sync.returned().filter((one) => !people.get(one.worker)).length];
  tab.textContent = bad ? `退回 ${bad}` : waiting ? `待上传 ${waiting}` : "待上传";
  tab.classList.toggle("bad-text", bad > 0);
}

/** The line that is always in sight: network, what waits, when it was last carried, the button. */
export function bar() {
  const inside = vault.isOpen() && outbox.me();
  node("netbar").hidden = !inside;
  if (!inside) return;
  const { online, busy, at, problem, step, skew } = sync.status;
  const waiting = outbox.waiting().length;
  const said = [];
  if (busy) said.push(step || "正在同步");
  else if (problem) said.push(problem);
  else said.push(online ? "有网络" : "没有网络，照常填");
  if (!busy) said.push("，", h("strong", { class: "nowrap" }, `待上传 ${waiting}`), at ? h("span", {}, "，", h("span", { class: "nowrap" }, `上次同步 ${when(at)}`)) : "，还没有同步过");
  if (skew && !busy) said.push(h("span", { class: "warn-text" }, `。手机时钟${skew > 0 ? "快" : "慢"}了 ${span(Math.abs(skew))}，去设置里改成自动`));
  node("netbar").classList.toggle("on", online && !problem && !skew);
  node("net-icon").replaceChildren(icon(online ? "sync" : "offline"));
  node("net-said").replaceChildren(...said);
  node("sync").disabled = busy;
  tally();
}

const span = (minutes) => (minutes >= 2880 ? `${Math.round(minutes / 1440)} 天` : minutes >= 120 ? `${Math.round(minutes / 60)} 小时` : `${minutes} 分钟`);

sync.listen((what) => {
  if (what === "wipe") nav.start("stopped");
  else if (what === "done" && vault.isOpen() && nav.isAt("tray")) nav.again();
  else bar();
});

node("sync").addEventListener("click", async () => {
  if (!vault.isOpen()) return;
  await sync.sync();
  if (vault.isOpen() && nav.isAt("list")) nav.again(); // asked for: rows may move. After syncing by itself they stay under the thumb
});

document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible" && vault.isOpen()) sync.later(500); });
