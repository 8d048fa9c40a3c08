// The box for a PIN, and how something serious is said.
import { h, icon } from "../site/dom.js";

export const notice = (kind, sign, ...said) => h("div", { class: `notice gap ${kind}`, role: "alert" }, icon(sign), h("div", {}, ...said));

export function pinField(id, label, hint) {
  const input = h("input", { id, class: "pin", type: "text", inputmode: "numeric", autocomplete: "off", maxlength: "6", pattern: "[0-9]*", "aria-describedby": hint ? `${id}-h` : null });
  input.addEventListener("input", () => { input.value = input.value.replace(/\D/g, ""); });
  return { input, node: h("div", { class: "field" }, h("label", { for: id }, label), hint ? h("p", { class: "hint", id: `${id}-h` }, hint) : null, input) };
}
