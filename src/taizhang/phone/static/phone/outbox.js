// What the collector has done and the server has not yet taken; drafts; what came back. Kept the moment it is said.
import * as people from "./people.js";
import * as vault from "./vault.js";
import { stamp, today } from "./words.js";

export const HOLD = 6000; // ms in which a record can be taken back before it is sent

const records = new Map(); // uuid -> {record, name, what, status: waiting|refused, message, findings, files, kept}
const drafts = new Map(); // id -> {id, worker, kind, name, row, sealed, mode, since, single, at, files, findings, from, kept}
let session = null; // {device, token, user, seq, sent: [...]}

export async function load() {
  for (const map of [records, drafts]) map.clear();
  states = null;
  session = await vault.read("box", "session");
  for (const [id, one] of await vault.readAll("outbox")) records.set(id, one);
  for (const [id, one] of await vault.readAll("drafts")) drafts.set(id, one);
}

export async function begin(values) {
  for (const map of [records, drafts]) map.clear();
  states = null;
  session = { ...values, seq: 0, sent: [] };
  await vault.write([["box", "session", session]]);
}

export const me = () => session;
export const waiting = () => [...records.values()].filter((one) => one.status === "waiting").sort((one, other) => one.record.seq - other.record.seq);
export const refused = () => [...records.values()].filter((one) => one.status === "refused");
export const allDrafts = () => [...drafts.values()].sort((one, other) => (one.kept < other.kept ? 1 : -1));
export const draftOf = (worker) => [...drafts.values()].find((one) => one.worker === worker);
export const sent = () => session.sent;

/** What waits about a person, in the order it was said. */
export function about(worker) {
  return waiting().filter((one) => one.record.worker === worker);
}

const REACHES = { unchanged: "done", edit: "done", stop: "done" };

let states = null; // worker -> state; made when asked for, forgotten when a record comes or goes

function pending(worker) {
  if (!states) {
    states = new Map();
    for (const { record, status } of records.values()) {
      if (status !== "waiting" || !record.worker) continue;
      if (REACHES[record.kind]) states.set(record.worker, REACHES[record.kind]);
      else if (record.kind === "attempt" && record.result !== "reached" && !states.has(record.worker)) states.set(record.worker, "unreached");
    }
  }
  return states.get(worker) || "";
}

const edits = (worker) => about(worker).filter((one) => one.record.kind === "edit").map((one) => one.record);
const mine = (worker) => Object.assign({}, ...edits(worker).map((one) => one.answers));

/** What was shown of each item when it was changed, `shown`, and before that by edits still waiting here: the server tells by it what we had not seen. */
export const seen = (worker, items, shown) => Object.fromEntries(items.map((item) => [item,
  [...edits(worker).flatMap((one) => (item in one.answers ? [...one.seen[item], one.answers[item]] : [])), shown[item] === undefined ? null : shown[item]]]));

function put(uuid, entry) {
  states = null;
  if (entry) records.set(uuid, entry);
  else records.delete(uuid);
}

/** Keep a record: it stays until the server has answered for it. `drop`: rows that it replaces. Returns its uuid. */
export async function add(values, { name, what, files = [], drop = [] }) {
  session.seq += 1;
  const record = { uuid: vault.uuid(), seq: session.seq, at: stamp(), worker: null, base_version: null, evidence: files.map((file) => file.uuid), ...values };
  const entry = { record, name, what, status: "waiting", message: "", findings: [], files, kept: Date.now() };
  const rows = record.kind === "edit" ? (people.edited(record.worker, record.answers), people.rowOf(record.worker)) : [];
  await vault.write([["outbox", record.uuid, entry], ["box", "session", session], ...rows, ...drop.map(([store, id]) => [store, id, null])]);
  put(record.uuid, entry);
  for (const [store, id] of drop) if (store === "drafts") drafts.delete(id); else put(id, null);
  return record.uuid;
}

/** Take a record back while it has not been sent. False: too late. */
export async function undo(uuid) {
  const entry = records.get(uuid);
  if (!entry || entry.sending) return false;
  put(uuid, null);
  await vault.write([["outbox", uuid, null], ...entry.files.map((file) => ["evidence", file.uuid, null])]);
  return true;
}

export const byUuid = (uuid) => records.get(uuid);
export const ready = (now = Date.now()) => waiting().filter((one) => Math.abs(now - one.kept) >= HOLD); // a clock set back must not hold them for ever

const OUTCOMES = { accepted: "已收到", same: "和台账一样", conflict: "两边都改过" };

people.watch(pending, mine);

/** The server's answer for a record: taken (the phone forgets it) or refused (it stays, to be mended). */
export async function settle(result) {
  const entry = records.get(result.uuid);
  if (!entry) return;
  if (result.outcome === "refused") {
    Object.assign(entry, { status: "refused", message: result.message || "", findings: result.findings || [], sending: false });
    states = null;
    if (entry.record.kind === "edit") people.edited(entry.record.worker);
    await vault.write([["outbox", result.uuid, entry], ...people.rowOf(entry.record.worker)]);
    return;
  }
  const state = pending(entry.record.worker);
  if (entry.record.kind === "edit" && result.outcome !== "conflict") people.taken(entry.record.worker, entry.record.answers);
  session.sent = [{ name: entry.name, what: entry.what, at: stamp(), outcome: result.outcome, said: result.message || OUTCOMES[result.outcome] || "" }, ...session.sent].slice(0, 50);
  if (entry.record.worker && state) await people.note(entry.record.worker, { said: { state, day: today() }, ...(result.version ? { version: result.version } : {}), ...(entry.record.kind === "edit" ? { returned: null } : {}) });
  await vault.write([["outbox", result.uuid, null], ["box", "session", session], ...entry.files.map((file) => ["evidence", file.uuid, null])]);
  put(result.uuid, null);
}

export async function changed(entry) {
  await vault.write([["outbox", entry.record.uuid, entry]]);
}

// -- drafts ---------------------------------------------------------------------------------------------------------

export async function draft(values) {
  const one = { ...values, id: values.id || vault.uuid(), kept: stamp() };
  drafts.set(one.id, one);
  await vault.write([["drafts", one.id, one]]);
  return one;
}

export async function drop(store, id) {
  const one = (store === "drafts" ? drafts : records).get(id);
  if (store === "drafts") drafts.delete(id);
  else put(id, null);
  await vault.write([[store, id, null], ...((one && one.files) || []).map((file) => ["evidence", file.uuid, null])]);
}
