// 我的: whose phone this is, how it is set, and the way out.
import { h, icon } from "../site/dom.js";
import * as nav from "./nav.js";
import * as outbox from "./outbox.js";
import * as people from "./people.js";
import * as settings from "./settings.js";
import * as sync from "./sync.js";

nav.screen("me", () => {
  const state = sync.known() || { villages: [], user: {} };
  const line = (name, value) => (value ? h("div", {}, h("dt", {}, name), h("dd", {}, value)) : null);
  const single = settings.get("single", "") === "1";
  return { title: "我的", page: "我的", tab: "me", main: [
    h("dl", { class: "facts" }, line("采集员", (state.user && state.user.name) || (outbox.me().user || {}).name), line("方案", state.programme && state.programme.name), line("负责", state.villages.map((one) => one.name).join("、")), line("本机名单", `${people.size()} 人`), line("本月已核实", state.workload ? `${state.workload.verified} / ${state.workload.people} 人（服务器上的数）` : "")),
    h("section", { class: "sec" }, h("h2", {}, "填表方式"), h("div", { class: "choices two" }, [["", "整张表"], ["1", "一题一屏"]].map(([value, word]) => h("div", { class: "choice" }, h("input", { type: "radio", name: "single", id: `single-${value}`, value, checked: single === (value === "1"), onchange: () => settings.set("single", value) }), h("label", { for: `single-${value}` }, word))))),
    h("section", { class: "sec" }, h("h2", {}, "这部手机"),
      h("p", { class: "gap" }, h("button", { type: "button", class: "btn wide", onclick: () => location.replace("/phone/") }, icon("lock"), "锁上")),
      h("p", { class: "gap" }, h("button", { type: "button", class: "btn wide", onclick: () => nav.go("pin") }, icon("edit"), "改 PIN")),
      h("p", { class: "gap" }, h("button", { type: "button", class: "btn wide", onclick: () => nav.go("clear", { inside: true }) }, icon("x"), "不再用这部手机采集")),
      h("p", { class: "small muted gap" }, "离开 5 分钟自动锁上。资料加密存在本机，PIN 连续输错 5 次就全部销毁。浏览器菜单里“添加到主屏幕”，以后从桌面打开。"))] };
});
