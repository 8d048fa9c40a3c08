// The people of the collector's villages: in memory while unlocked, sealed in a few dozen rows on the phone.
import * as vault from "./vault.js";
import { today } from "./words.js";

const BUCKETS = 64; // rows of about fifty people: few enough to open at once, small enough to rewrite for one change
export const STATES = { open: "未核实", unreached: "联系不上", done: "已核实", out: "不在库" };
const RANK = { returned: 0, advised: 1, open: 2, unreached: 3, done: 4, out: 5 };

const people = new Map();
let order = []; // people from house to house
let advice = new Map(); // 今日该找谁: id -> {at, reasons, questions}
let overlay = () => ""; // the state that what lies in the outbox gives somebody
let unsent = () => ({}); // and the answers it changes

const bucketOf = (id) => parseInt(id.slice(-2), 16) % BUCKETS;

/** `pending(id)` tells the state that what waits in the outbox gives a person; `mine(id)` the answers its edits change. */
export function watch(pending, mine) {
  overlay = pending;
  unsent = mine;
}

// A bucket is lines: its people without their answers, as columns and rows, then the answers of each. Opening three thousand people, a weak
// phone reads the first line only; the others are not even decoded before somebody's answers are asked for.
class Person {
  get answers() {
    if (this.read === undefined) this.read = JSON.parse(lineOf(this));
    return this.read;
  }

  set answers(said) { this.read = said; }
}

const BREAK = 10; // "\n", which JSON never holds
const APART = new Set(["read", "rest", "line"]); // what is not in the first line

function lineOf({ rest, line }) {
  if (rest.bytes) Object.assign(rest, { lines: new TextDecoder().decode(rest.bytes).split("\n"), bytes: null });
  return rest.lines[line];
}

function tabled(list) {
  const columns = [...new Set(list.flatMap(Object.keys))].filter((name) => !APART.has(name));
  return [columns, list.map((person) => columns.map((name) => person[name]))];
}

function packed(list) {
  const lines = list.map((person) => (person.read === undefined ? lineOf(person) : JSON.stringify(person.read)));
  return new TextEncoder().encode([JSON.stringify(tabled(list)), ...lines].join("\n"));
}

function unpacked(buffer) {
  const bytes = new Uint8Array(buffer);
  const end = bytes.indexOf(BREAK);
  const rest = { bytes: bytes.subarray(end + 1), lines: null };
  const kept = JSON.parse(new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end)));
  const [columns, rows] = Array.isArray(kept[0]) ? kept : tabled(kept); // an earlier page kept objects, the first one with their answers in them
  return rows.map((values, line) => {
    const person = new Person();
    person.rest = rest;
    person.line = line;
    for (let at = 0; at < columns.length; at += 1) person[columns[at]] = values[at];
    return person.place === undefined ? described(person) : person;
  });
}

/** With the words somebody is found by and the place in the order, kept so that opening need not make them. */
function described(person) {
  const [household, head] = person.household || [person.answers.household_no, person.answers.household_head_name];
  const numbers = Object.values(person.sealed || {}).map((number) => number.slice(-4));
  person.text = [nameOf(person), person.initials, household, head, ...numbers].filter(Boolean).join("\n").toLowerCase();
  person.place = `${person.division}|${(person.answers.village_group || "").padStart(4, "0")}|${household || "~"}|${person.initials}|${person.id}`;
  return person;
}

export async function load() {
  people.clear();
  for (const [, bucket] of await vault.readAll("people", unpacked)) for (const person of bucket) people.set(person.id, person);
  index();
}

function index() {
  order = [...people.values()].sort((one, other) => (one.place < other.place ? -1 : 1));
}

/** 今日该找谁, in the server's order: [{worker, reasons, questions}] */
export function advise(list) {
  advice = new Map(list.map((one, at) => [one.worker, { ...one, at }]));
}

export const adviceOn = (person) => (stateOf(person) === "done" ? null : advice.get(person.id)) || null;
export const nameOf = (person) => person.name || person.answers.full_name || "";
export const get = (id) => people.get(id);
export const size = () => people.size;

/** Keep a download: people, who is gone, and its number, in one step. */
export async function keep(changed, removed, pull) {
  const touched = new Set();
  for (const person of changed) {
    people.set(person.id, described(Object.assign(new Person(), person)));
    if (overlay(person.id)) edited(person.id); // an edit that has not left this phone goes on counting; one that waits for review comes back with the person
    touched.add(bucketOf(person.id));
  }
  for (const id of removed) { people.delete(id); touched.add(bucketOf(id)); }
  const rows = new Map([...touched].map((bucket) => [bucket, []]));
  for (const person of people.values()) if (touched.has(bucketOf(person.id))) rows.get(bucketOf(person.id)).push(person);
  await vault.write([...[...rows].map(([bucket, list]) => ["people", bucket, list.length ? packed(list) : null]), ["box", "pull", pull]]);
  if (touched.size) index();
}

const visible = (answers) => Object.fromEntries(Object.entries(answers).filter(([item]) => item !== "id_number" && item !== "mobile_phone"));

/** Show this phone's edits at once, those in the outbox and `more` that is about to lie there. Numbers stay out. */
export function edited(id, more = {}) {
  const person = people.get(id);
  if (!person) return;
  const theirs = person.theirs || person.answers;
  Object.assign(person, { theirs, answers: { ...theirs, ...visible(unsent(id)), ...visible(more) } });
  described(person);
}

/** The server has taken an edit: until the next download says so itself, it is what stands there. */
export function taken(id, answers) {
  const person = people.get(id);
  if (person) person.theirs = { ...(person.theirs || person.answers), ...visible(answers) };
  edited(id);
}

/** What the server has just taken from us (`said`: {state, day}), until the next download says it itself. */
export async function note(id, values) {
  const person = people.get(id);
  if (!person) return;
  Object.assign(person, values);
  const bucket = bucketOf(id);
  await vault.write([bucketRow(bucket)]);
}

/** The sealed row a person lies in, to be written together with something else. */
export const rowOf = (id) => (people.has(id) ? [bucketRow(bucketOf(id))] : []);
const bucketRow = (bucket) => ["people", bucket, packed([...people.values()].filter((one) => bucketOf(one.id) === bucket))];

/** State as it stands on this phone: what waits in the outbox counts, and what was sent this month and waits for review. */
export function stateOf(person) {
  if (person.state === "done" || person.waiting) return "done";
  const said = person.said && person.said.day.slice(0, 7) === today().slice(0, 7) ? person.said.state : "";
  return overlay(person.id) || said || person.state;
}

export const isReturned = (person) => Boolean(person.returned) && !overlay(person.id);

function rankOf(person) {
  if (isReturned(person)) return RANK.returned;
  const state = stateOf(person);
  return state !== "done" && advice.has(person.id) ? RANK.advised : RANK[state];
}

export const returned = () => order.filter(isReturned).length;

/** {total, returned, open, unreached, done} of a village, or of all. */
export function counts(village = "") {
  const found = { total: 0, returned: 0, open: 0, unreached: 0, done: 0, out: 0 };
  for (const person of order) {
    if (village && person.division !== village) continue;
    found.total += 1;
    found[stateOf(person)] += 1;
    if (isReturned(person)) found.returned += 1;
  }
  return found;
}

/** People in the order they are to be called on: returned, 今日该找的, 未核实, 联系不上, 已核实; within that from house to house. */
export function find({ text = "", village = "", state = "" } = {}) {
  const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const groups = [[], [], [], [], [], []];
  for (const person of order) {
    if (village && person.division !== village) continue;
    if (state && stateOf(person) !== state && !(state === "open" && isReturned(person))) continue;
    if (words.length && !words.every((word) => person.text.includes(word))) continue;
    groups[rankOf(person)].push(person);
  }
  groups[RANK.advised].sort((one, other) => advice.get(one.id).at - advice.get(other.id).at);
  return [].concat(...groups);
}

/** Who might be the same person: the name, or what is seen of a number under its mask. */
export function alike(name, number) {
  const seen = number ? [number.slice(0, 6), number.slice(-4)] : null;
  const close = (masked = "") => Boolean(seen) && masked.startsWith(seen[0]) && masked.endsWith(seen[1]);
  return order.filter((person) => nameOf(person) === name || close((person.sealed || {}).id_number));
}
