// Before anything can be seen: the PIN, and the end of what this phone holds. All of the page that is fetched before the rest.
import { h, icon } from "../site/dom.js";
import * as nav from "./nav.js";
import { notice, pinField } from "./pin.js";
import * as vault from "./vault.js";

const WARN_AT = 3; // wrong PINs after which it is told what would be lost

const lost = ({ outbox: records, drafts }) => [records ? `没有上传的 ${records} 条` : "", drafts ? `草稿 ${drafts} 份` : ""].filter(Boolean).join("、");

/** Which screen comes first. */
export async function first() {
  const now = await vault.standing();
  if (now.wipe) return nav.start("stopped");
  return now.enrolled ? nav.start("locked", { now }) : nav.start("welcome");
}

/** The rest of the page: {enter}. Null where it could not be fetched, and the screen says so. */
async function inside() {
  try { return await rest(); } catch (error) { await nav.start("cut"); return null; }
}

export const rest = () => import("./inside.js");

nav.otherwise(inside);

nav.screen("locked", async ({ fails = null, now: known = null }) => {
  const now = known || await vault.standing();
  setTimeout(() => vault.prepare("people")); // once the box is there
  const wrong = fails === null ? now.fails : fails;
  const left = vault.TRIES - wrong;
  const pin = pinField("pin", "PIN", "6 位数字");
  const gone = lost(now);
  const said = [];
  if (wrong) said.push(h("p", {}, `PIN 不对，还可以试 ${left} 次。`));
  if (wrong >= WARN_AT) said.push(h("p", {}, `试完都不对，本机资料全部销毁${gone ? `，${gone}也就没有了` : ""}。`));
  const sure = h("input", { type: "checkbox", id: "sure" });
  const lastTry = left === 1;
  if (lastTry) pin.input.disabled = true;
  sure.addEventListener("change", () => { pin.input.disabled = !sure.checked; if (sure.checked) pin.input.focus(); });
  const form = h("form", { autocomplete: "off", novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    if (pin.input.value.length !== 6 || form.busy || pin.input.disabled) { if (!form.busy) pin.input.focus(); return; }
    form.busy = true;
    const answer = await vault.unlock(pin.input.value);
    if (answer === null) {
      const page = await inside();
      if (page) await page.enter();
    } else if (answer === 0) await nav.start("destroyed", now);
    else await nav.start("locked", { fails: vault.TRIES - answer });
  } }, said.length ? notice("bad", "stop", ...said) : null,
  lastTry ? h("div", { class: "choice gap" }, sure, h("label", { for: "sure" }, "最后一次，我想清楚了再试")) : null,
  pin.node, h("p", { class: "gap" }, h("button", { type: "submit", class: "btn primary wide" }, icon("lock"), "打开")),
  h("p", { class: "gap" }, h("button", { type: "button", class: "btn quiet", onclick: () => nav.start("clear") }, "忘了 PIN")));
  pin.input.addEventListener("input", () => { if (pin.input.value.length === 6) form.requestSubmit(); });
  return { title: "手机采集", page: "输入 PIN", main: [form], focus: lastTry ? "#sure" : "#pin" };
});

/** Clearing the phone: because the PIN is forgotten, or (`inside`) because somebody else is to use it. */
nav.screen("clear", async ({ inside = false }) => {
  const gone = lost(await vault.unsent());
  return { title: inside ? "不再用这部手机" : "忘了 PIN", page: "清空本机", back: inside, main: [
    h("h2", {}, inside ? "清空本机的采集资料" : "PIN 找不回来，只能清空本机重新登记"),
    gone ? notice("bad", "warn", h("p", {}, `${gone}会丢掉，补不回来。${inside ? "先同步，再清空。" : ""}`)) : h("p", { class: "gap" }, "没有待上传的，清空不会丢东西。服务器上的都在，登记后再下载。"),
    h("p", { class: "row gap" }, h("button", { type: "button", class: "btn", onclick: () => (inside ? nav.back() : nav.start("locked")) }, "不清空"),
      h("button", { type: "button", class: "btn back", onclick: async () => { await vault.destroy(); await nav.start("welcome"); } }, gone ? `清空，丢掉${gone}` : "清空本机"))] };
});

nav.screen("destroyed", (before) => ({ title: "手机采集", page: "已销毁", main: [
  notice("bad", "stop", h("p", {}, "PIN 输错 5 次，本机资料已经销毁。"), h("p", {}, lost(before) ? `丢了${lost(before)}，要重新采集。` : "没有待上传的，没有丢东西。")),
  h("p", { class: "gap" }, "要接着用，请登录后重新登记这部手机。"),
  h("p", { class: "gap" }, h("button", { type: "button", class: "btn primary", onclick: () => nav.start("welcome") }, "重新登记"))] }));

nav.screen("stopped", async () => {
  const now = await vault.standing();
  const gone = lost(now);
  return { title: "手机采集", page: "已停用", main: [
    notice("bad", "stop", h("p", {}, "这个账号或这部手机已经停用，本机资料要清空。"), h("p", {}, gone ? `${gone}不能再用这个账号上传，请告诉单位重新采集。` : "没有待上传的，没有丢东西。")),
    h("p", { class: "gap" }, h("button", { type: "button", class: "btn back", onclick: async () => { await vault.destroy(); await nav.start("welcome"); } }, "知道了，清空本机"))] };
});

nav.screen("elsewhere", ({ take }) => ({ title: "手机采集", page: "已在别处打开", main: [
  h("h2", {}, "手机采集已经在另一个标签页里打开"), h("p", { class: "gap" }, "一次只能在一处填，免得两边不一样。"),
  h("p", { class: "gap" }, h("button", { type: "button", class: "btn primary", onclick: take }, "改在这里打开"))] }));

nav.screen("cut", () => ({ title: "手机采集", page: "没有下载完", main: [
  h("h2", {}, "这一页没有下载完"), h("p", { class: "gap" }, "网络断了，或者网页刚更新。连上网络，再打开一次。本机的资料都在。"),
  h("p", { class: "gap" }, h("button", { type: "button", class: "btn primary", onclick: () => location.reload() }, icon("sync"), "再打开"))] }));
