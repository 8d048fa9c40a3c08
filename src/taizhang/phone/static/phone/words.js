// How things are said: dates, answers, people. Pure.
import { ageOn, blank } from "../site/record-check.js";
import { fullName, shortName } from "./places.js";

const two = (number) => String(number).padStart(2, "0");

/** Today on this phone, YYYY-MM-DD. */
export function today(now = new Date()) {
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

/** Now on this phone with its offset, as the server wants it. */
export function stamp(now = new Date()) {
  const away = -now.getTimezoneOffset();
  const offset = `${away < 0 ? "-" : "+"}${two(Math.floor(Math.abs(away) / 60))}:${two(Math.abs(away) % 60)}`;
  return `${today(now)}T${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}${offset}`;
}

/** 7月12日, with the year when it is not this one. */
export function day(iso) {
  if (!iso) return "";
  const year = iso.slice(0, 4) === today().slice(0, 4) ? "" : `${Number(iso.slice(0, 4))}年`;
  return `${year}${Number(iso.slice(5, 7))}月${Number(iso.slice(8, 10))}日`;
}

/** 今天 09:12, else 7月12日 09:12. */
export function when(iso) {
  if (!iso) return "";
  const at = new Date(iso);
  return `${today(at) === today() ? "今天" : day(today(at))} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

export const daysLeft = (iso) => Math.round((Date.parse(`${iso}T00:00:00Z`) - Date.parse(`${today()}T00:00:00Z`)) / 86400000);
/** 4700.00 -> 4,700; 1234.50 -> 1,234.5. */
export function thousands(number) {
  const [whole, rest = ""] = String(number).split(".");
  const shown = rest.replace(/0+$/, "");
  return whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",") + (shown ? `.${shown}` : "");
}

/** An answer as its form words it; "—" for none. */
export function answer(field, value) {
  if (blank(value)) return "—";
  const label = (code) => { const option = (field.options || []).find((one) => (one.codes || [one.code]).includes(code)); return option ? option.label : String(code); };
  switch (field.kind) {
    case "enum": return label(value);
    case "multi": return [...new Set(value.map(label))].join("、");
    case "bool": return label(String(value)) === String(value) ? (value === true || value === "true" ? "是" : "否") : label(String(value));
    case "region": return fullName(value);
    case "date": return `${Number(value.slice(0, 4))}年${Number(value.slice(5, 7))}月${Number(value.slice(8, 10))}日`;
    case "ym": return `${Number(value.slice(0, 4))}年${Number(value.slice(5, 7))}月`;
    case "months": return value.map((month) => `${Number(month.slice(0, 4))}年${Number(month.slice(5, 7))}月`).join("、");
    case "int": case "dec": return `${thousands(value)}${field.unit ? ` ${field.unit}` : ""}`;
    default: return String(value);
  }
}

/** 女，41 岁，三组. */
export function about(person) {
  const { sex, birth, answers: { village_group: group } } = person;
  return [sex === "1" ? "男" : sex === "2" ? "女" : "", birth ? `${ageOn(birth, today())} 岁` : "", group ? (/^\d+$/.test(group) ? `${group}组` : group) : ""].filter(Boolean).join("，");
}

/** 浙江瑞安，针车工，4,800 元/月: what was known last time. */
export function doing(person, fields) {
  const { work_region: place, occupation, employer_name: employer, monthly_wage: wage, main_income_source: source, employment_status: status } = person.answers;
  const coded = (item, value) => (fields.get(item) && !blank(value) ? answer(fields.get(item), value) : "");
  return [place ? shortName(place) : "", occupation || employer || "", wage ? `${thousands(wage)} 元/月` : "", place || occupation ? "" : coded("employment_status", status) || coded("main_income_source", source)].filter(Boolean).join("，");
}

/** 上次核实 6月18日，电话. */
export function last(person) {
  const { at, method } = person.last || {};
  return at ? `上次核实 ${day(at)}${method ? `，${method === "2" ? "电话" : "入户"}` : ""}` : "还没有核实过";
}
