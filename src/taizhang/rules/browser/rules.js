// The rule language in the browser: the same answers as the SQL engines, from the JSON of Rule.to_json().
// ES module, no dependency, Chrome 90. Numbers are BigInt millionths, days ISO text, null is SQL's unknown.
//
//   evaluate(json, row, params, earlier)   -> boolean | string (numbers too: "2.5") | array | null
//
// `row` holds the JSON shapes of the flat row; `params` {"县外收入": "9000", "基准日": "2020-12-31"};
// `earlier` holds the person's rows of other days, which
// at(:年初, ...) asks: {"年初": row, or null for somebody not in it}.

const UNIT = 1000000n;
const LIMIT = 1000000000000n * UNIT;

export class RuleError extends Error {}

export function evaluate(json, row, params, earlier) {
  const run = { row: row || {}, params: params || {}, earlier: earlier || {} };
  return outward(json.tree, valueOf(json.tree, run));
}

// -- values ---------------------------------------------------------------------------------------------------------

export function outward(node, value) {
  return node.type === "number" && value !== null ? showNumber(value) : value;
}

function showNumber(millionths) {
  const sign = millionths < 0n ? "-" : "";
  const digits = (millionths < 0n ? -millionths : millionths).toString().padStart(7, "0");
  const fraction = digits.slice(-6).replace(/0+$/, "");
  return sign + digits.slice(0, -6) + (fraction ? "." + fraction : "");
}

function inward(value, type) {
  if (value === null || value === undefined) return null;
  if (type === "number") return readNumber(value);
  if (type === "date") return isDay(value) ? value : null;
  if (type === "bool") return typeof value === "boolean" ? value : null;
  if (type === "codes" || type === "months") return Array.isArray(value) && value.length ? value : null;
  return typeof value === "string" && value !== "" ? value : null;
}

function readNumber(value) {
  const match = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?\s*$/.exec(String(value));
  if (!match || typeof value === "boolean" || !(match[2] || match[3])) return null;
  const fraction = match[3] || "";
  const scale = BigInt(match[4] || 0) - BigInt(fraction.length);
  let [digits, by] = [BigInt(match[2] + fraction), 1n];
  if (scale > 0n) digits *= 10n ** scale;
  else by = 10n ** -scale;
  if (digits > 999999999999n * by) return null; // before rounding, as in the engines
  const found = divided(digits * UNIT, by);
  return match[1] === "-" ? -found : found;
}

function isDay(value) {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value);
  if (!match || match[1] === "0000") return false;
  const [year, month, day] = match.slice(1).map(Number);
  if (month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return day <= [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
}

function parameter(node, run) {
  const given = Object.prototype.hasOwnProperty.call(run.params, node.value);
  const value = given ? run.params[node.value] : node.default;
  if (value === undefined || (value === null && !given)) throw new RuleError(`缺少参数 :${node.value} 的值`);
  return node.type === "region" && typeof value === "string" ? inward(normalise(value), "region") : inward(value, node.type);
}

// Zeros that pad a shorter code are cut: 532300 is 5323, but 441900 is a county's code.
function normalise(code) {
  for (const [length, padding] of [[12, "000"], [9, "000"], [6, "00"], [4, "00"]]) {
    const withoutCounty = length === 6 && CITIES_WITHOUT_COUNTY.includes(code.slice(0, 4));
    if (code.length === length && code.endsWith(padding) && !withoutCounty) code = code.slice(0, -padding.length);
  }
  return code;
}

export function valueOf(node, run) {
  switch (node.op) {
    case "lit":
      return inward(node.value, node.type);
    case "param":
      return parameter(node, run);
    case "item":
      return inward(run.row[node.value], node.type);
    case "at":
      return valueThen(node, run);
    case "case": {
      const taken = branchOf(node, run);
      return valueOf(node.args[taken < 0 ? node.args.length - 1 : taken + 1], run);
    }
  }
  const args = node.args.map((arg) => valueOf(arg, run));
  if (node.op === "like") return args[0] === null ? null : likePattern(node.value).test(args[0]);
  return (node.op === "call" ? CALLS[node.value] : OPS[node.op])(...args);
}

// at(:年初, condition): the condition on the person's row of that day, as of that day.
function valueThen(node, run) {
  const name = node.args[0].value;
  if (!Object.prototype.hasOwnProperty.call(run.earlier, name)) throw new RuleError(`缺少 :${name} 那天的数据`);
  const row = run.earlier[name];
  const day = valueOf(node.args[0], run);
  if (day === null) throw new RuleError(`缺少参数 :${name} 的值`);
  const month = `${day.slice(0, 8)}01`;
  const days = { 基准日: day, 期末: day, 期初: month, 月初: month, 年初: `${day.slice(0, 5)}01-01` };
  return row === null ? null : valueOf(node.args[1], { ...run, row, params: { ...run.params, ...days }, earlier: {} });
}

export function branchOf(node, run) {
  for (let i = 0; i + 1 < node.args.length; i += 2) if (valueOf(node.args[i], run) === true) return i;
  return -1;
}

// -- operators ------------------------------------------------------------------------------------------------------

const strict = (f) => (...args) => (args.includes(null) ? null : f(...args));
const and = (...args) => (args.includes(false) ? false : args.includes(null) ? null : true);
const or = (...args) => (args.includes(true) ? true : args.includes(null) ? null : false);
const limited = (value) => (value > -LIMIT && value < LIMIT ? value : null);
const magnitude = (value) => (value < 0n ? -value : value);

// The quotient, rounded half away from zero.
function divided(value, by) {
  const quotient = (2n * magnitude(value) + magnitude(by)) / (2n * magnitude(by));
  return value < 0n === by < 0n ? quotient : -quotient;
}

function likePattern(pattern) {
  const source = Array.from(pattern, (c) => (c === "%" ? ".*" : c === "_" ? "." : c.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&")));
  return new RegExp(`^${source.join("")}$`, "su");
}

const OPS = {
  derived: (value) => value,
  and,
  or,
  not: strict((value) => !value),
  eq: strict((a, b) => a === b),
  ne: strict((a, b) => a !== b),
  lt: strict((a, b) => a < b),
  le: strict((a, b) => a <= b),
  gt: strict((a, b) => a > b),
  ge: strict((a, b) => a >= b),
  in: (value, ...options) => or(...options.map((option) => OPS.eq(value, option))),
  between: (value, low, high) => and(OPS.ge(value, low), OPS.le(value, high)),
  isnull: (value) => value === null,
  add: strict((a, b) => limited(a + b)),
  sub: strict((a, b) => limited(a - b)),
  mul: strict((a, b) => limited(divided(a * b, UNIT))),
  div: strict((a, b) => (b === 0n ? null : limited(divided(a * UNIT, b)))),
  neg: strict((a) => -a),
};

// -- functions ------------------------------------------------------------------------------------------------------

const dayParts = (day) => day.split("-").map(Number);
const number = (value) => BigInt(value) * UNIT;
const elapsed = (size, unit) =>
  strict((since, until) => {
    const [from, to] = [since, until].map((day) => {
      const [y, m, d] = dayParts(day);
      return y * size + m * 100 + d;
    });
    return number(Math.floor((to - from) / unit));
  });

const MUNICIPALITIES = ["11", "12", "31", "50"];
const COUNTIES_WITHOUT_CITY = ["4190", "4290", "4690", "6590"];
const CITIES_WITHOUT_COUNTY = ["4419", "4420", "4604", "6202"];
const HOME = /^[0-9]{2}([0-9]{2}([0-9]{2}([0-9]{3}([0-9]{3})?)?)?)?$/;
const ABROAD = /^([A-Z]|71|81|82)/;
const prefix = (length) => strict((code) => (HOME.test(code) && code.length >= length ? code.slice(0, length) : null));

function city(code) {
  if (!HOME.test(code) || code.length < 4) return null;
  const four = code.slice(0, 4);
  if (COUNTIES_WITHOUT_CITY.includes(four)) return code.length >= 6 ? code.slice(0, 6) : null;
  return MUNICIPALITIES.includes(four.slice(0, 2)) ? four.slice(0, 2) + "01" : four;
}

function scope(work, home) {
  if (work !== null && ABROAD.test(work)) return home !== null && ABROAD.test(home) ? null : "境外";
  if (work === null || home === null || ABROAD.test(home) || !HOME.test(work) || !HOME.test(home)) return null;
  const four = work.slice(0, 4);
  for (const length of [2, 4, 6, 9]) {
    if (Math.min(work.length, home.length) < length) return null;
    if (length === 6 && CITIES_WITHOUT_COUNTY.includes(four)) continue;
    if (work.slice(0, length) === home.slice(0, length)) continue;
    if (length === 4 && MUNICIPALITIES.includes(four.slice(0, 2))) return "市内县外";
    if (length === 6 && COUNTIES_WITHOUT_CITY.includes(four)) return "省内市外";
    return { 2: "省外", 4: "省内市外", 6: "市内县外", 9: "县内乡外" }[length];
  }
  return "乡内";
}

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

function idValid(text) {
  if (!/^[1-9][0-9]{5}(18|19|20)[0-9]{9}[0-9X]$/.test(text) || !isDay(idDay(text))) return false;
  const total = WEIGHTS.reduce((sum, weight, i) => sum + weight * Number(text[i]), 0);
  return (total + (text[17] === "X" ? 10 : Number(text[17]))) % 11 === 1;
}

const idDay = (text) => `${text.slice(6, 10)}-${text.slice(10, 12)}-${text.slice(12, 14)}`;

function tier(industry) {
  const division = /^[A-T]?([0-9]{2})[0-9]{0,2}$/.exec(industry);
  if (division) {
    const n = Number(division[1]);
    if (n < 1 || n > 97) return null;
    return number(n === 5 || n === 11 || n === 43 || n > 50 ? 3 : n < 5 ? 1 : 2);
  }
  if (industry === "A") return number(1);
  if (/^[B-E](\|[B-E])*$/.test(industry)) return number(2);
  return /^[F-T](\|[F-T])*$/.test(industry) ? number(3) : null;
}

function contains(many, ...values) {
  if (many === null) return null;
  if (values.some((value) => value !== null && many.includes(value))) return true;
  return values.includes(null) ? null : false;
}

const extreme = (better) => (...args) => {
  const known = args.filter((arg) => arg !== null);
  return known.length ? known.reduce((a, b) => (better(b, a) ? b : a)) : null;
};

const CALLS = {
  age: elapsed(10000, 10000),
  months_between: elapsed(1200, 100),
  year: strict((day) => number(dayParts(day)[0])),
  month_of: strict((day) => number(dayParts(day)[1])),
  month_start: strict((day) => day.slice(0, 8) + "01"),
  id_valid: strict(idValid),
  id_birth: strict((text) => (idValid(text) ? idDay(text) : null)),
  id_sex: strict((text) => (idValid(text) ? (Number(text[16]) % 2 ? "1" : "2") : null)),
  within: strict((region, outer) => (region.startsWith(outer) ? true : outer.startsWith(region) ? null : false)),
  province: prefix(2),
  county: prefix(6),
  town: prefix(9),
  village: prefix(12),
  city: strict(city),
  scope,
  tier: strict(tier),
  length: strict((text) => number(Array.from(text).length)),
  coalesce: (...args) => args.reduce((found, arg) => (found !== null ? found : arg), null),
  abs: strict(magnitude),
  round: strict((value, places) => {
    const step = 10n ** (6n - places / UNIT);
    return limited(divided(value, step) * step);
  }),
  least: extreme((a, b) => a < b),
  greatest: extreme((a, b) => a > b),
  contains,
  contains_any: contains,
  size: strict((many) => number(many.length)),
  months_within: strict((many, low, high) =>
    number(many.filter((month) => month !== null && month >= low && month <= high).length)
  ),
};
