// 新增: look first. Without a network among the people on this phone; with one the server looks everywhere.
import { h, icon } from "../site/dom.js";
import { idWords, readId } from "../site/record-check.js";
import { control } from "../site/record-fields.js";
import * as nav from "./nav.js";
import * as people from "./people.js";
import * as sync from "./sync.js";
import { about, today } from "./words.js";

const HINT = "18 位，末位可能是 X";

/** At once: what is wrong with a number, or whose it is as far as this phone knows. */
const whose = (read) => read.problem || [idWords(read, today()), ...people.alike("", read.id).map((one) => `本机名单里有号码像的：${people.nameOf(one)}`)].join("，");

nav.screen("new", () => {
  const villages = (sync.known() && sync.known().villages) || [];
  const name = h("input", { id: "name", autocomplete: "off", spellcheck: "false", maxlength: "50" });
  const { node, read: typed, target: number } = control({ item: "id_number" }, "number", {});
  const hint = h("p", { class: "hint", id: "number-h", role: "status" }, HINT);
  number.setAttribute("aria-describedby", "number-h");
  number.addEventListener("input", () => { hint.textContent = (typed() || "").length < 18 ? HINT : whose(readId(typed())); });
  const wrong = nav.summary();
  const found = h("div", { class: "gap", role: "status" });
  const form = h("form", { autocomplete: "off", novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    wrong.hidden = true;
    document.title = "新增 - 台账";
    found.replaceChildren();
    if (!name.value.trim()) return nav.complain(wrong, "先填姓名，再查重", name);
    const read = typed() ? readId(typed()) : { id: "" };
    if (read.problem) return nav.complain(wrong, read.problem, number);
    const here = people.alike(name.value.trim(), read.id);
    let told = read.id ? "没有网络，只在本机名单里查了。交上去以后，服务器会再查一遍。" : "没有填身份证号，只按姓名在本机名单里查了。";
    let stop = false;
    if (read.id && navigator.onLine) {
      try {
        const said = await sync.search(read.id, name.value.trim());
        told = said.message || (said.found === "none" ? "全县台账里没有这个号码。" : "");
        stop = said.found !== "none";
      } catch (error) {
        if (error instanceof sync.Refused) told = error.message;
      }
    }
    found.replaceChildren(h("h2", {}, here.length ? `本机名单里有 ${here.length} 个像的` : "本机名单里没有"),
      ...here.map((person) => h("p", { class: "gap" }, h("button", { type: "button", class: "btn wide", onclick: () => nav.go("person", { id: person.id }) }, `${people.nameOf(person)}，${about(person)}，${(person.sealed || {}).id_number || "没有号码"}`))),
      h("p", { class: `gap ${stop ? "bad-text" : "muted"}` }, told),
      ...(stop ? [] : [h("p", { class: "gap" }, h("button", { type: "button", class: "btn primary wide", onclick: () => nav.go("form", { fresh: { name: name.value.trim(), number: read.id, village: villages.length === 1 ? villages[0].code : "" } }) }, here.length ? "都不是，填新的" : "没有这个人，填表"))]));
    found.querySelector("h2").scrollIntoView({ block: "nearest" });
    return undefined;
  } }, wrong, h("h2", {}, "先查重，再新增"),
  h("div", { class: "field" }, h("label", { for: "name" }, "姓名"), name),
  h("div", { class: "field" }, h("label", { for: "number" }, "身份证号码（可先不填）"), hint, node),
  h("p", { class: "gap" }, h("button", { type: "submit", class: "btn primary wide" }, icon("search"), "查重")), found);
  return { title: "新增", page: "新增", main: [form], tab: "new" };
});
