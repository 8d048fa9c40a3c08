// Signing this phone in, its PIN, the first download.
import { h, icon } from "../site/dom.js";
import * as nav from "./nav.js";
import * as outbox from "./outbox.js";
import { notice, pinField } from "./pin.js";
import * as sync from "./sync.js";
import * as vault from "./vault.js";

const ENROL = "/phone/enrol/";

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
