// Why a rule holds or does not, in the browser: the same sentences as explain.py. Apart from rules.js, which every form loads.
//
//   explain(json, row, params, names, earlier)   -> {value, parts: [{text, value, items}], text}
//
// `names` may override how items are called: {item id: name}; the others are those of `evaluate`.
import { branchOf, outward, valueOf } from "./rules.js";

const UNKNOWN = "未填写";
const INCALCULABLE = "算不出";
const SIGNS = { eq: "=", ne: "!=", lt: "<", le: "<=", gt: ">", ge: ">=" };
const CONTRARY = { eq: "!=", ne: "=", lt: ">=", le: ">", gt: "<=", ge: "<" };
const ARITHMETIC = { add: "+", sub: "-", mul: "×", div: "÷" };

export function explain(json, row, params, names, earlier) {
  const run = { row: row || {}, params: params || {}, names: names || {}, labels: json.labels || {}, earlier: earlier || {} };
  const parts = new Map(decisive(json.tree, run).map((part) => [part.text, part]));
  const value = outward(json.tree, valueOf(json.tree, run));
  return { value, parts: [...parts.values()], text: [...parts.keys()].join("；") };
}

function decisive(node, run) {
  if (node.op === "derived" && node.type === "bool") return [part(`${nameOf(node, run)} ${shown(node, run)}`, node, run)];
  if (node.op === "not") return decisive(node.args[0], run);
  if (node.op === "and" || node.op === "or") {
    const value = valueOf(node, run);
    return node.args.filter((arg) => valueOf(arg, run) === value).flatMap((arg) => decisive(arg, run));
  }
  if (node.op === "case") {
    const taken = branchOf(node, run);
    const result = node.args[taken < 0 ? node.args.length - 1 : taken + 1];
    const whens = taken < 0 ? node.args.slice(0, -1).filter((_, i) => i % 2 === 0) : [node.args[taken]];
    const told = whens.flatMap((when) => decisive(when, run));
    return result.op === "lit" ? told : [...told, ...decisive(result, run)];
  }
  return [part(leaf(node, run), node, run)];
}

function part(text, node, run) {
  return { text, value: node.type === "bool" ? valueOf(node, run) : null, items: [...new Set(itemsOf(node))] };
}

function itemsOf(node) {
  const own = node.op === "item" || node.op === "derived" ? [node.value] : [];
  return own.concat(...(node.args || []).map(itemsOf));
}

function leaf(node, run) {
  const value = valueOf(node, run);
  const [first, ...rest] = (node.args || []).map((arg) => told(arg, run));
  if (SIGNS[node.op]) {
    if (node.args[1].type === "bool" && node.args[1].op === "lit") return first;
    return `${first} ${(value === false ? CONTRARY : SIGNS)[node.op]} ${rest[0]}`;
  }
  if (node.op === "in") return `${first} ${value === false ? "不属于" : "属于"} ${rest.join("、")}`;
  if (node.op === "between") return `${first} ${value === false ? "不在" : "在"} ${rest[0]} 至 ${rest[1]} 之间`;
  if (node.op === "like") return `${first} ${value === false ? "不符合" : "符合"} “${node.value}”`;
  if (node.op === "isnull") return value ? first : `${first} 已填写`;
  return told(node, run);
}

function nameOf(node, run) {
  return (node.op !== "param" && run.names[node.value]) || node.name || node.value;
}

function told(node, run) {
  if (node.op === "call" && node.value === "month_start") return told(node.args[0], run);
  if (node.op === "lit") return shown(node, run);
  if (["item", "param", "derived", "at"].includes(node.op)) return `${nameOf(node, run)} ${shown(node, run)}`;
  return `${formula(node, run)} ${shown(node, run)}`;
}

function formula(node, run) {
  if (node.op === "call") {
    const args = node.value === "round" ? node.args.slice(0, 1) : node.args;
    return `${node.name}(${args.map((arg) => told(arg, run)).join(", ")})`;
  }
  if (ARITHMETIC[node.op]) return `(${node.args.map((arg) => told(arg, run)).join(` ${ARITHMETIC[node.op]} `)})`;
  if (node.op === "neg") return `-(${told(node.args[0], run)})`;
  if (node.op === "case") return "分情况取值";
  return `(${decisive(node, run).map((found) => found.text).join("；")})`;
}

function shown(node, run) {
  const value = outward(node, valueOf(node, run));
  const labels = run.labels[node.labels] || {};
  const labelled = (code) => (Object.prototype.hasOwnProperty.call(labels, code) ? labels[code] : code);
  if (value === null) return ["item", "param", "lit"].includes(node.op) ? UNKNOWN : INCALCULABLE;
  if (typeof value === "boolean") return value ? "是" : "否";
  if (node.type === "months") return value.map((month) => (month === null ? "" : month.slice(0, 7))).join("、");
  if (node.type === "codes") return value.map((code) => (code === null ? "" : labelled(code))).join("、");
  return node.type === "code" ? labelled(value) : value;
}
