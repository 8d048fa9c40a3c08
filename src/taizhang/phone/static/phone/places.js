// Divisions without a network: names and finding. Public knowledge.
let names = new Map();
let order = [];
const full = new Map();

export function load(regions) {
  names = new Map(regions.map(([code, name]) => [code, name]));
  order = regions;
  full.clear();
}

export const size = () => order.length;

/** 云南省楚雄彝族自治州牟定县共和镇; as far as it is known. */
export function fullName(code) {
  if (!code) return "";
  if (!full.has(code)) full.set(code, [2, 4, 6, 9, 12].filter((size) => size <= code.length).map((size) => names.get(code.slice(0, size)) || "").filter((name) => !/^(市辖区|县|省直辖县级行政区划|自治区直辖县级行政区划)$/.test(name)).join("") || code);
  return full.get(code);
}

/** The last two names: 温州市瑞安市. */
export function shortName(code) {
  const parts = [4, 6, 9, 12].filter((size) => size <= code.length).map((size) => names.get(code.slice(0, size))).filter((name) => name && !/^(市辖区|县)$/.test(name));
  return parts.length ? parts.slice(-2).join("") : fullName(code);
}

/** Best first, as the region picker shows them. `within`: only inside these codes. */
export function find(text, within = null) {
  const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const last = words[words.length - 1];
  const found = [];
  for (const [code, name, initials = ""] of order) {
    if (within && !within.some((scope) => code.startsWith(scope) || scope.startsWith(code))) continue;
    const whole = fullName(code).toLowerCase();
    if (!words.every((word) => whole.includes(word) || initials.startsWith(word) || code.startsWith(word))) continue;
    found.push({ code, name, full_name: fullName(code), rank: (name.startsWith(last) ? 0 : name.includes(last) ? 20 : 40) + code.length });
  }
  return found.sort((one, other) => one.rank - other.rank || (one.code < other.code ? -1 : 1)).slice(0, 12);
}
