// One builder per kind of answer: definition in, {node, read, write, focus} out. Markup as in the reference pages.
import { h } from "./dom.js";

const KEYBOARD = { id_number: "numeric", int: "numeric", dec: "decimal" };

function textField(field, id) {
  const phone = field.item.endsWith("_phone");
  const input = h("input", {
    id, name: field.item, autocomplete: "off", spellcheck: "false", maxlength: field.size || null,
    type: phone ? "tel" : "text", inputmode: phone ? "tel" : KEYBOARD[field.item] || KEYBOARD[field.kind] || null,
  });
  let node = input;
  if (field.unit) node = h("span", { class: "unit" }, input, field.unit);
  if (field.item === "id_number") { // number pads have no X
    const x = h("button", { type: "button", class: "btn", tabindex: "-1", "aria-label": "末位填 X", onmousedown: (event) => event.preventDefault(), onclick: () => { if (!input.value.endsWith("X")) input.value += "X"; input.dispatchEvent(new Event("input", { bubbles: true })); input.focus(); } }, "X");
    node = h("span", { class: "unit" }, input, x);
  }
  const number = field.kind === "int" || field.kind === "dec";
  const read = () => {
    const value = input.value.trim();
    if (!value) return null;
    return field.kind === "int" && /^-?\d+$/.test(value.replace(/,/g, "")) ? Number(value.replace(/,/g, "")) : number ? value.replace(/,/g, "") : value;
  };
  return { node, read, write: (value) => { input.value = value === null || value === undefined ? "" : String(value); }, target: input };
}

function dateField(field, id) {
  const month = field.kind === "ym";
  const input = h("input", { id, name: field.item, type: month ? "month" : "date", max: month ? "2199-12" : "2199-12-31" });
  return {
    node: input,
    read: () => (input.value ? (month ? `${input.value}-01` : input.value) : null),
    write: (value) => { input.value = value ? (month ? value.slice(0, 7) : value) : ""; },
    target: input,
  };
}

function choiceList(field, id, type, options) {
  const wide = options.some((option) => option.label.length > 12);
  const box = h("div", { class: `choices ${options.length === 2 && !wide ? "two" : "compact"}` });
  const inputs = options.map((option, at) => {
    const input = h("input", { type, name: field.item, id: at ? `${id}-${at}` : id, value: option.value });
    box.append(h("div", { class: "choice" }, input, h("label", { for: input.id }, option.label)));
    return input;
  });
  return { box, inputs };
}

function radioField(field, id, options, parse = (value) => value) {
  const { box, inputs } = choiceList(field, id, "radio", options);
  let kept = null; // a code the chosen wording covers but does not write first stays as it was
  return {
    node: box,
    group: true,
    short: options.length === 2 && options.every((option) => option.label.length <= 6),
    read: () => {
      const at = inputs.findIndex((input) => input.checked);
      if (at < 0) return null;
      return options[at].codes && options[at].codes.includes(kept) ? kept : parse(options[at].value);
    },
    write: (value) => {
      kept = value;
      inputs.forEach((input, at) => { input.checked = value !== null && value !== undefined && (options[at].codes ? options[at].codes.includes(value) : options[at].value === String(value)); });
    },
    target: inputs[0],
  };
}

function selectField(field, id, options) {
  const select = h("select", { id, name: field.item }, h("option", { value: "" }, "请选"), options.map((option) => h("option", { value: option.value }, option.label)));
  let kept = null;
  return {
    node: select,
    read: () => {
      const option = options.find((one) => one.value === select.value);
      if (!option) return null;
      return option.codes && option.codes.includes(kept) ? kept : option.value;
    },
    write: (value) => { kept = value; const option = options.find((one) => (one.codes || [one.value]).includes(value)); select.value = option ? option.value : ""; },
    target: select,
  };
}

function multiField(field, id, options) {
  const { box, inputs } = choiceList(field, id, "checkbox", options);
  const alone = (at) => (field.exclusive || []).includes(options[at].value);
  box.addEventListener("change", (event) => { // "未享受过就业服务" excludes the others
    const at = inputs.indexOf(event.target);
    if (at < 0 || !event.target.checked) return;
    inputs.forEach((input, other) => { if (other !== at && (alone(at) || alone(other))) input.checked = false; });
  });
  let kept = [];
  return {
    node: box,
    group: true,
    read: () => {
      const codes = new Set();
      inputs.forEach((input, at) => { if (input.checked) (kept.filter((code) => (options[at].codes || []).includes(code)).length ? kept.filter((code) => options[at].codes.includes(code)) : [options[at].value]).forEach((code) => codes.add(code)); });
      return codes.size ? [...codes].sort() : null;
    },
    write: (value) => { kept = value || []; inputs.forEach((input, at) => { input.checked = kept.some((code) => (options[at].codes || [options[at].value]).includes(code)); }); },
    target: inputs[0],
  };
}

function monthsField(field, id, context) {
  const asOf = context.asOf;
  const [first, last] = context.months;
  const box = h("div", { class: "months-grid" });
  const inputs = [];
  for (let year = Number(first.slice(0, 4)); year <= Number(last.slice(0, 4)); year += 1) {
    const row = h("div", { class: "choices months" });
    for (let month = 1; month <= 12; month += 1) {
      const value = `${year}-${String(month).padStart(2, "0")}-01`;
      if (value < first || value > last) continue;
      const input = h("input", { type: "checkbox", name: field.item, id: inputs.length ? `${id}-${inputs.length}` : id, value, disabled: value > asOf });
      inputs.push(input);
      row.append(h("div", { class: "choice" }, input, h("label", { for: input.id }, `${month}月`)));
    }
    box.append(h("p", { class: "label" }, `${year}年`), row);
  }
  let outside = [];
  return {
    node: box,
    group: true,
    read: () => { const months = [...outside, ...inputs.filter((input) => input.checked).map((input) => input.value)].sort(); return months.length ? months : null; },
    write: (value) => { const months = value || []; outside = months.filter((month) => month < first || month > last); inputs.forEach((input) => { input.checked = months.includes(input.value); }); },
    target: inputs[0],
  };
}

function regionField(field, id, context) {
  const picker = h("region-picker", { url: context.regionUrl, "input-id": id, level: (field.parts || []).length ? field.parts[field.parts.length - 1].level : "", mine: field.item === "hukou_region" ? "1" : null }); // whose hukou is elsewhere is another office's
  const write = (value) => picker.set(value || "", (context.regions || {})[value] || value || "");
  if (!context.findRegions) return { node: picker, read: () => picker.value || null, write, target: picker };
  picker.find = context.findRegions; // on the phone: no network asked, and a long name in full under its narrow box
  const whole = h("p", { class: "hint" });
  const tell = () => { whole.textContent = picker.text || ""; };
  picker.addEventListener("change", tell);
  return { node: h("div", {}, picker, whole), read: () => picker.value || null, write: (value) => { write(value); whole.textContent = (value && ((context.regions || {})[value] || value)) || ""; }, target: picker };
}

/** The control of one field. `context`: {asOf, months: [first, last], regionUrl, regions} */
export function control(field, id, context) {
  const options = (field.options || []).map((option) => ({ ...option, value: option.code }));
  switch (field.kind) {
    case "enum": return options.length <= 8 ? radioField(field, id, options) : selectField(field, id, options);
    case "multi": return multiField(field, id, options);
    case "bool": return radioField(field, id, options.map(({ label, value }) => ({ label, value })), (value) => value === "true");
    case "months": return monthsField(field, id, context);
    case "date": case "ym": return dateField(field, id);
    case "region": return regionField(field, id, context);
    default: return textField(field, id);
  }
}
