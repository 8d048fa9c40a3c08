// Before anything can be seen: signing this phone in, the PIN, and the end of it.
import { h, icon } from "../site/record-fields.js";
import * as nav from "./nav.js";
import * as outbox from "./outbox.js";
import * as people from "./people.js";
import * as sync from "./sync.js";
import * as vault from "./vault.js";

const ENROL = "/phone/enrol/";
const WARN_AT = 3; // wrong PINs after which it is told what would be lost

const notice = (kind, sign, ...said) => h("div", { class: `notice gap ${kind}`, role: "alert" }, icon(sign), h("div", {}, ...said));

function pinField(id, label, hint) {
  const input = h("input", { id, class: "pin", type: "text", inputmode: "numeric", autocomplete: "off", maxlength: "6", pattern: "[0-9]*", "aria-describedby": hint ? `${id}-h` : null });
  input.addEventListener("input", () => { input.value = input.value.replace(/\D/g, ""); });
  return { input, node: h("div", { class: "field" }, h("label", { for: id }, label), hint ? h("p", { class: "hint", id: `${id}-h` }, hint) : null, input) };
}

const lost = ({ outbox: records, drafts }) => [records ? `没有上传的 ${records} 条` : "", drafts ? `草稿 ${drafts} 份` : ""].filter(Boolean).join("、");

/** Which screen comes first. */
export async function first() {
  const now = await vault.standing();
  if (now.wipe) return nav.start("stopped");
  return nav.start(now.enrolled ? "locked" : "welcome");
}

async function enter() {
  await outbox.load();
  await Promise.all([people.load(), sync.load()]);
  await nav.start(people.size() || sync.known() ? "list" : "download");
  if (sync.known()) sync.later(300);
}

// -- signing in -----------------------------------------------------------------------------------------------------

nav.screen("welcome", async () => {
  const base = { title: "手机采集", page: "登记手机" };
  let asked;
  try {
    const answer = await fetch(ENROL, { redirect: "manual", cache: "no-store", headers: { Accept: "application/json" } });
    asked = answer.ok ? await answer.json() : { status: answer.type === "opaqueredirect" ? 401 : answer.status, ...(await answer.json().catch(() => ({}))) };
  } catch (error) {
    return { ...base, main: [h("h2", {}, "第一次用，要有网络"), h("p", { class: "gap" }, "连上网络登记这部手机，把名单下载下来。以后没有网络也能采集。"), h("p", { class: "gap" }, h("button", { type: "button", class: "btn primary", onclick: () => nav.start("welcome") }, icon("sync"), "连上了，再试"))] };
  }
  if (asked.status === 401 || asked.status === 302) {
    return { ...base, main: [h("h2", {}, "先登录"), h("p", { class: "gap" }, "用您的账号登录一次，登记这部手机。登记以后，用 6 位数字的 PIN 打开，没有网络也能用。"), h("p", { class: "gap" }, h("a", { class: "btn primary", href: "/accounts/login/?next=/phone/" }, "去登录"))] };
  }
  if (asked.status) {
    return { ...base, main: [h("h2", {}, "这个账号不能用手机采集"), h("p", { class: "gap" }, asked.message || "手机采集只给采集员用。请用采集员的账号登录。"), h("p", { class: "gap" }, h("a", { class: "btn", href: "/" }, "回工作台"))] };
  }
  const name = h("input", { id: "device", maxlength: "40", autocomplete: "off", value: deviceName() });
  const [one, two] = [pinField("pin1", "设 6 位数字的 PIN", "打开本机采集资料用。不要用生日、连号或一样的数字。"), pinField("pin2", "再输一遍 PIN")];
  const wrong = h("div", {});
  const button = h("button", { type: "submit", class: "btn primary" }, "登记并下载名单");
  const say = (words, place) => { wrong.replaceChildren(notice("bad", "stop", h("p", {}, words))); place.focus(); };
  const form = h("form", { autocomplete: "off", novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    const pin = one.input.value;
    const bad = unfit(one.input, two.input);
    if (bad) return say(...bad);
    button.disabled = true;
    try {
      const answer = await fetch(ENROL, { method: "POST", redirect: "manual", headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": asked.csrf }, body: JSON.stringify({ name: name.value.trim() || "手机" }) });
      const said = await answer.json().catch(() => ({}));
      if (!answer.ok) { button.disabled = false; return say(said.message || "没有登记成。刷新这一页，再登录一次。", one.input); }
      await vault.create(pin);
      await outbox.begin(said);
      if (navigator.storage && navigator.storage.persist) navigator.storage.persist();
      return nav.start("download");
    } catch (error) {
      button.disabled = false;
      return say("网络断了，没有登记成。连上网络再点一次。", button);
    }
  } }, wrong, h("p", {}, `${asked.user.name}，把这部手机登记为采集用。`),
  h("div", { class: "field" }, h("label", { for: "device" }, "手机叫什么"), name), one.node, two.node,
  h("div", { class: "notice gap" }, icon("lock"), h("p", { class: "small" }, "名单加密存在本机，只用于采集和核实，不要截图外传。PIN 连续输错 5 次，本机资料全部销毁。手机丢了，马上告诉单位停用它。")),
  h("p", { class: "gap" }, button));
  return { ...base, main: [form] };
});

function deviceName() {
  const found = /Android [\d.]+; ([^;)]+)/.exec(navigator.userAgent);
  return found ? found[1].replace(/ Build.*/, "").slice(0, 40) : /iPhone/.test(navigator.userAgent) ? "iPhone" : "手机";
}

const weak = (pin) => /^(\d)\1+$/.test(pin) || "01234567890123456789".includes(pin) || "98765432109876543210".includes(pin) || /^(\d\d)\1\1$/.test(pin) || /^(\d{3})\1$/.test(pin);

/** What is wrong with a PIN typed twice, and where; null when it will do. */
function unfit(one, two) {
  const pin = one.value;
  if (pin.length !== 6) return [`PIN 是 6 位数字，现在是 ${pin.length} 位，请补齐。`, one];
  if (weak(pin)) return ["这个 PIN 太容易猜，换一个：不要连号，不要都一样。", one];
  return two.value === pin ? null : ["两遍输的不一样，请把第二遍重新输。", two];
}

nav.screen("pin", () => {
  const [old, one, two] = [pinField("old", "现在的 PIN"), pinField("pin1", "新的 PIN", "6 位数字。不要用生日、连号或一样的数字。"), pinField("pin2", "再输一遍新的 PIN")];
  const wrong = h("div", {});
  const say = (words, place) => { wrong.replaceChildren(notice("bad", "stop", h("p", {}, words))); place.focus(); };
  const form = h("form", { autocomplete: "off", novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    if (form.busy) return undefined;
    if (old.input.value.length !== 6) return say("先输现在的 PIN，6 位数字。", old.input);
    const bad = unfit(one.input, two.input);
    if (bad) return say(...bad);
    if (one.input.value === old.input.value) return say("新的 PIN 和现在的一样，换一个。", one.input);
    form.busy = true;
    const left = await vault.change(old.input.value, one.input.value);
    form.busy = false;
    if (left === null) { nav.back(); return nav.toast("PIN 改好了，下次用新的打开"); }
    if (left < 2) return location.replace("/phone/"); // the last try is asked for there, with what would be lost
    old.input.value = "";
    return say(`现在的 PIN 不对，还可以试 ${left} 次。试完都不对，本机资料全部销毁。`, old.input);
  } }, wrong, old.node, one.node, two.node, h("p", { class: "gap" }, h("button", { type: "submit", class: "btn primary wide" }, icon("lock"), "改 PIN")));
  return { title: "改 PIN", page: "改 PIN", back: true, main: [form] };
});

nav.screen("download", async () => {
  const bar = h("progress", { max: "1", "aria-label": "下载进度" });
  const line = h("p", { class: "muted small gap", role: "status" }, "正在连接");
  const acts = h("p", { class: "gap" });
  const run = async () => {
    acts.replaceChildren();
    const good = await sync.sync((got, total) => { bar.max = total || 1; bar.value = got; line.textContent = `已下载 ${got} / ${total} 人`; });
    if (good) { await nav.start("list"); return; }
    if (!vault.isOpen()) return;
    line.textContent = sync.status.problem || "网络断了。已经下载的都在，连上网络接着下载。";
    acts.replaceChildren(h("button", { type: "button", class: "btn primary", onclick: run }, icon("sync"), "接着下载"));
  };
  setTimeout(run);
  return { title: "手机采集", page: "下载名单", main: [h("h2", {}, "正在下载您负责的村的名单"), h("p", { class: "gap" }), bar, line, acts] };
});

// -- PIN ------------------------------------------------------------------------------------------------------------

nav.screen("locked", async ({ fails = null } = {}) => {
  const now = await vault.standing();
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
    if (answer === null) await enter();
    else if (answer === 0) await nav.start("destroyed", now);
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

sync.listen((what) => { if (what === "wipe") nav.start("stopped"); });

nav.screen("elsewhere", ({ take }) => ({ title: "手机采集", page: "已在别处打开", main: [
  h("h2", {}, "手机采集已经在另一个标签页里打开"), h("p", { class: "gap" }, "一次只能在一处填，免得两边不一样。"),
  h("p", { class: "gap" }, h("button", { type: "button", class: "btn primary", onclick: take }, "改在这里打开"))] }));
