// What a form asks and what is wrong with the answers. Pure: no page. The server checks again and decides.
import { evaluate } from "../rules/rules.js";

export const blank = (value) => value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/** Birth date and sex written in an ID number (GB 11643-1999), or what is wrong with it. */
export function readId(text) {
  const id = text.replace(/[\s']/g, "").replace(/[\uff10-\uff19\uff38\uff58]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0)).toUpperCase();
  if (!/^\d{17}[\dX]$/.test(id)) return { id, problem: `身份证号码是 18 位，现在是 ${id.length} 位，对照证件补齐` };
  const birth = `${id.slice(6, 10)}-${id.slice(10, 12)}-${id.slice(12, 14)}`;
  const day = new Date(`${birth}T00:00:00Z`);
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== birth) return { id, problem: `第 7—14 位“${id.slice(6, 14)}”不是一个日期，对照证件改` };
  const sum = WEIGHTS.reduce((total, weight, at) => total + weight * Number(id[at]), 0);
  const last = "10X98765432"[sum % 11];
  if (last !== id[17]) return { id, problem: "最后一位校验不对，多半是抄错了一位或两位对调，对照证件改" };
  return { id, birth, sex: Number(id[16]) % 2 ? "1" : "2" };
}

/** What a number that was read says of its owner. */
export const idWords = ({ sex, birth }, day) => `${sex === "1" ? "男" : "女"}，${birth.replace(/^(\d+)-0?(\d+)-0?(\d+)$/, "$1年$2月$3日")}生，${ageOn(birth, day)} 周岁`;

/** Whole years between two ISO dates; the birthday itself counts. */
export function ageOn(birth, day) {
  const years = Number(day.slice(0, 4)) - Number(birth.slice(0, 4));
  return day.slice(5) >= birth.slice(5) ? years : years - 1;
}

const holds = (rule, row, params) => rule === true || (rule && typeof rule === "object" && evaluate(rule, row, params) === true);
const fails = (rule, row, params) => evaluate(rule, row, params) === false;

/** Items that are asked now: a skip rule must be true; unknown means not asked yet. */
export function shownItems(form, row, params) {
  const shown = new Set();
  for (const section of form.sections) {
    if (section.shown && !holds(section.shown, row, params)) continue;
    for (const field of section.items) if (!field.shown || holds(field.shown, row, params)) shown.add(field.item);
  }
  return shown;
}

export const isRequired = (field, row, params) => holds(field.required, row, params);

function fill(message, form, row) {
  return message.replace(/\{([^}]+)\}/g, (whole, name) => {
    const field = form.fields.get(name) || [...form.fields.values()].find((one) => one.label === name || one.name === name);
    return field && !blank(row[field.item]) ? String(row[field.item]) : whole;
  });
}

/** Everything to be said: [{item, message, severity, rule}], in the form's order. `sealed`: masked items kept as they are. */
export function problems(form, row, params, shown, sealed = {}) {
  const found = [];
  const say = (item, message, severity = "error", rule = "") => found.push({ item, message: fill(message, form, row), severity, rule });
  for (const field of form.fields.values()) {
    if (!shown.has(field.item)) continue;
    const value = row[field.item];
    if (blank(value)) {
      if (!sealed[field.item] && isRequired(field, row, params)) say(field.item, `${field.label}：还没有${(field.options || []).length || field.kind === "bool" || field.kind === "months" ? "选" : "填"}`, "error", "required");
      continue;
    }
    if (field.kind === "int" && !/^-?\d+$/.test(String(value))) say(field.item, `${field.label}：“${value}”不是整数，只填数字`, "error", "type");
    if (field.kind === "dec" && !/^-?\d+(\.\d+)?$/.test(String(value))) say(field.item, `${field.label}：“${value}”不是数，只填数字，如 3.5`, "error", "type");
    if (field.item === "id_number") {
      const read = readId(String(value));
      if (read.problem) say(field.item, read.problem, "error", "id");
    }
    for (const allowed of field.allowed || []) if (fails(allowed.rule, row, params)) say(field.item, allowed.message, allowed.severity, "allowed");
  }
  for (const rule of form.rules || []) {
    const item = rule.items.find((one) => shown.has(one)) || rule.items[0];
    if (fails(rule.rule, row, params)) say(item, rule.message, rule.severity, rule.id);
  }
  return found;
}
