// Screens within one page. Addresses and titles name the screen only, never a person; the back key goes back.
import { h, icon } from "../site/dom.js";
import * as vault from "./vault.js";

const screens = new Map();
const places = new Map(); // number of a history entry -> [screen, what it shows]; in memory only
let here = 0;
let shown = null; // {leave, scroll}
let fallback = "list";
let rest = () => null; // fetches the screens that are not here yet
let dress = () => {}; // puts around a screen what stands there once inside

const node = (id) => document.getElementById(id);

/** A screen: function of what it shows -> {title, back, main, foot, tab, leave, focus}, or a promise of it. */
export function screen(name, draw) {
  screens.set(name, draw);
}

/** `fetch()` brings the screens that are not here yet; nothing when it could not, and has said so. */
export function otherwise(fetch) {
  rest = fetch;
}

/** `around(drawn, foot)` is called for every screen shown from now on. */
export function frame(around) {
  dress = around;
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
  if (!screens.has(name) && !(await rest())) return;
  const drawn = await screens.get(name)(what);
  shown = drawn;
  document.title = `${drawn.page} - 台账`;
  node("title").textContent = drawn.title;
  const backer = node("back");
  backer.hidden = !drawn.back;
  node("brand").toggleAttribute("hidden", Boolean(drawn.back)); // an SVG element has no property of that name
  node("main").replaceChildren(...[drawn.main].flat(3).filter(Boolean));
  const acts = drawn.foot ? [h("div", { class: "acts-bar" }, drawn.foot)] : [];
  node("foot").replaceChildren(node("toast"), ...acts);
  dress(drawn, node("foot"));
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
