// Screens within one page. Addresses and titles name the screen only, never a person; the back key goes back.
import { h, icon } from "../site/record-fields.js";
import * as outbox from "./outbox.js";
import * as people from "./people.js";
import * as sync from "./sync.js";
import * as vault from "./vault.js";
import { when } from "./words.js";

const screens = new Map();
const places = new Map(); // number of a history entry -> [screen, what it shows]; in memory only
let here = 0;
let shown = null; // {leave, scroll}
let fallback = "list";

const node = (id) => document.getElementById(id);

/** A screen: function of what it shows -> {title, back, main, foot, tab, leave, focus}, or a promise of it. */
export function screen(name, draw) {
  screens.set(name, draw);
}

export async function go(name, what = {}, { replace = false } = {}) {
  if (shown && shown.leave) await shown.leave();
  remember();
  if (!replace) here += 1;
  places.set(here, [name, what, 0]);
  history[replace ? "replaceState" : "pushState"]({ n: here }, "", `#${name}`);
  await show();
}

/** Forget the way here: after unlocking, after signing off. */
export async function start(name, what = {}) {
  fallback = name;
  shown = null;
  places.clear();
  here += 1;
  places.set(here, [name, what, 0]);
  history.replaceState({ n: here }, "", `#${name}`);
  await show();
}

export const back = () => (places.has(here - 1) ? history.back() : go(fallback, {}, { replace: true }));

window.addEventListener("popstate", async (event) => {
  if (!vault.isOpen()) { history.replaceState({ n: here }, "", location.hash); return; }
  if (shown && shown.leave) await shown.leave();
  remember();
  here = event.state && event.state.n ? event.state.n : here;
  if (!places.has(here)) places.set(here, [fallback, {}, 0]);
  await show(true);
});

function remember() {
  const place = places.get(here);
  if (place) place[2] = node("main").scrollTop;
}

async function show(returning = false) {
  const [name, what, scroll] = places.get(here);
  const drawn = await screens.get(name)(what);
  shown = drawn;
  document.title = `${drawn.page} - 台账`;
  node("title").textContent = drawn.title;
  const backer = node("back");
  backer.hidden = !drawn.back;
  node("brand").toggleAttribute("hidden", Boolean(drawn.back)); // an SVG element has no property of that name
  node("main").replaceChildren(...[drawn.main].flat(3).filter(Boolean));
  foot(drawn);
  bar();
  node("main").tabIndex = node("main").querySelector("button, a, input, select") ? -1 : 0; // can be scrolled by keys in any case
  node("main").scrollTop = returning ? scroll : 0;
  const focus = drawn.focus && node("main").querySelector(drawn.focus);
  (focus || node("main")).focus({ preventScroll: !focus });
}

/** Where a screen says what is wrong: hidden until it complains. */
export const summary = () => h("div", { class: "error-summary", role: "alert", tabindex: "-1", hidden: true });

/** Say what is wrong and lead to the place where it is mended. */
export function complain(box, words, place) {
  box.replaceChildren(h("p", {}, h("a", { href: `#${place.id}`, onclick: (event) => { event.preventDefault(); place.focus(); } }, words)));
  box.hidden = false;
  if (!document.title.startsWith("错误：")) document.title = `错误：${document.title}`;
  box.focus();
}

/** Going to the background, perhaps for ever: keep what is half typed. */
export const pause = () => shown && shown.leave && shown.leave();

/** Draw the current screen again, keeping the place. */
export async function again() {
  remember();
  await show(true);
}

export const isAt = (name) => places.has(here) && places.get(here)[0] === name;
export const wrap = () => document.querySelector(".wrap");

const TABS = [["list", "check", "核实"], ["new", "plus", "新增"], ["tray", "doc", "待上传"], ["me", "person", "我的"]];

function foot(drawn) {
  const box = node("foot");
  const rows = [node("toast")];
  if (drawn.foot) rows.push(h("div", { class: "acts-bar" }, drawn.foot));
  if (drawn.tab) {
    rows.push(h("nav", { class: "tabbar", "aria-label": "手机菜单" }, TABS.map(([name, sign, word]) => h("a", {
      href: `#${name}`, "aria-current": name === drawn.tab ? "page" : null, "data-tab": name,
      onclick: (event) => { event.preventDefault(); if (name !== drawn.tab) go(name, {}, { replace: drawn.tab !== "list" }); else again(); },
    }, icon(sign), h("span", {}, word)))));
  }
  box.replaceChildren(...rows);
  tally();
}

function tally() {
  const tab = document.querySelector("[data-tab=tray] span");
  if (!tab || !outbox.me()) return;
  const [waiting, bad] = [outbox.waiting().length, outbox.refused().length + people.counts().returned + sync.returned().filter((one) => !people.get(one.worker)).length];
  tab.textContent = bad ? `退回 ${bad}` : waiting ? `待上传 ${waiting}` : "待上传";
  tab.classList.toggle("bad-text", bad > 0);
}

/** The line that is always in sight: network, what waits, when it was last carried, the button. */
export function bar() {
  const box = node("netbar");
  const inside = vault.isOpen() && outbox.me();
  box.hidden = !inside;
  if (!inside) return;
  const { online, busy, at, problem, step, skew } = sync.status;
  const waiting = outbox.waiting().length;
  const said = [];
  if (busy) said.push(step || "正在同步");
  else if (problem) said.push(problem);
  else said.push(online ? "有网络" : "没有网络，照常填");
  if (!busy) said.push("，", h("strong", { class: "nowrap" }, `待上传 ${waiting}`), at ? h("span", {}, "，", h("span", { class: "nowrap" }, `上次同步 ${when(at)}`)) : "，还没有同步过");
  if (skew && !busy) said.push(h("span", { class: "warn-text" }, `。手机时钟${skew > 0 ? "快" : "慢"}了 ${span(Math.abs(skew))}，去设置里改成自动`));
  box.classList.toggle("on", online && !problem && !skew);
  node("net-icon").replaceChildren(icon(online ? "sync" : "offline"));
  node("net-said").replaceChildren(...said);
  node("sync").disabled = busy;
  tally();
}

const span = (minutes) => (minutes >= 2880 ? `${Math.round(minutes / 1440)} 天` : minutes >= 120 ? `${Math.round(minutes / 60)} 小时` : `${minutes} 分钟`);

let toastTimer = null;

/** One line at the foot for a few seconds, with a way back. */
export function toast(words, undo = null, seconds = 5) {
  clearTimeout(toastTimer);
  const box = node("toast");
  const gone = () => { box.hidden = true; box.replaceChildren(); };
  box.replaceChildren(...[icon("check"), h("span", { class: "grow" }, words), undo ? h("button", { type: "button", class: "btn mini", onclick: () => { gone(); undo(); } }, "撤销") : null].filter(Boolean));
  box.hidden = false;
  toastTimer = setTimeout(gone, seconds * 1000);
}

sync.listen(() => bar());
