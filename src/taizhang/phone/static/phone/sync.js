// Carrying: records out (evidence first), then people in. Resumable at every step; a record leaves only on the server's answer.
import * as outbox from "./outbox.js";
import * as people from "./people.js";
import * as places from "./places.js";
import * as vault from "./vault.js";
import { stamp } from "./words.js";

const API = "/api/v1/phone/";
const BATCH = 50;
const PAGE = 500;
const SKEW = 10; // minutes by which the phone's clock may be wrong before it is told

export const status = { online: navigator.onLine, busy: false, at: "", problem: "", skew: 0, step: "" };
let state = null; // the server's `state`, as last heard
let form = null;
let version = null; // of the form
let statuses = [];
let papers = [];
let running = null;
let timer = null;
const listeners = new Set();

export const listen = (listener) => listeners.add(listener);
const tell = () => listeners.forEach((listener) => listener());

export class Refused extends Error {
  constructor(status, code, message) { super(message); this.code = code; this.ours = status >= 400 && status < 500 && ![401, 403, 408, 429].includes(status); }
}

/** One question to the server. Raises TypeError without a network, Refused when it says no. */
async function ask(path, { method = "GET", body = null, type = "application/json", headers = {} } = {}) {
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(), 60000);
  try {
    const answer = await fetch(API + path, {
      method, body, signal: stop.signal, cache: "no-store", credentials: "omit",
      headers: { Authorization: `Bearer ${outbox.me().token}`, Accept: "application/json", ...(body ? { "Content-Type": type } : {}), ...headers },
    });
    if (answer.status === 304) return null;
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Refused(answer.status, answer.status === 401 && said.code === "wipe" ? "wipe" : said.code || String(answer.status), said.message || "服务器没有办成，过一会儿再同步。");
    return said;
  } finally {
    clearTimeout(late);
  }
}

const post = (path, body) => ask(path, { method: "POST", body: JSON.stringify(body) });

export const search = (number, name) => post("search", { number, name });
export const known = () => state;
export const formNow = () => form;
export const returned = () => papers; // papers that came back: [{submission, worker, name, answers, remarks, at}]
export const stops = () => statuses; // why somebody may be stopped: [{code, label}]
export const fields = () => form.fields;

function use(kept) {
  form = kept && kept.form;
  version = kept && kept.version;
  statuses = ((kept && kept.statuses) || []).map((one) => (Array.isArray(one) ? { code: one[0], label: one[1] } : one));
  if (form) form.fields = new Map(form.sections.flatMap((section) => section.items.map((field) => [field.item, field])));
}

/** What the phone remembers of the server; after unlocking, without a network. */
export async function load() {
  const [kept, keptForm, regions, synced, back, advised] = await Promise.all(["state", "form", "regions", "synced", "returned", "today"].map((id) => vault.read("box", id)));
  state = kept;
  papers = back || [];
  people.advise(advised || []);
  use(keptForm);
  places.load((regions && regions.regions) || []);
  status.at = synced ? synced.at : "";
  status.skew = synced ? synced.skew : 0;
}

/** Send what waits and fetch what is new. `progress(done, total)` while people come in. One run at a time. */
export function sync(progress = () => {}, everything = false) {
  if (!running) running = run(progress, everything).finally(() => { running = null; status.busy = false; status.step = ""; tell(); listeners.forEach((listener) => listener("done")); });
  return running;
}

async function run(progress, everything) {
  clearTimeout(timer);
  Object.assign(status, { busy: true, problem: "", step: "正在连接" });
  tell();
  try {
    await hello();
    await push(everything);
    await fetchForm();
    await pull(progress);
    status.at = new Date().toISOString();
    status.online = true;
    await vault.write([["box", "synced", { at: status.at, skew: status.skew }]]);
    if (outbox.waiting().length) later(outbox.HOLD + 500);
    return true;
  } catch (error) {
    if (!vault.isOpen()) return false; // locked meanwhile
    if (error.code === "wipe") { await vault.condemn(); listeners.forEach((listener) => listener("wipe")); return false; }
    if (error instanceof Refused) status.problem = error.message;
    else if (error instanceof TypeError || error.name === "AbortError") status.online = false;
    else { status.problem = "手机上没有存好，没有同步完。腾出一些存储空间再同步。"; console.warn(error.name); }
    return false;
  }
}

async function hello() {
  const before = Date.now();
  const said = await ask("state");
  const middle = (before + Date.now()) / 2;
  status.online = true;
  status.skew = Math.round((middle - Date.parse(said.server_time)) / 60000);
  if (Math.abs(status.skew) <= SKEW) status.skew = 0;
  state = said;
  await vault.write([["box", "state", said]]);
}

async function push(everything) {
  for (;;) {
    const batch = (everything ? outbox.waiting() : outbox.ready()).slice(0, BATCH);
    if (!batch.length) return;
    status.step = `正在上传，还有 ${outbox.waiting().length} 条`;
    tell();
    batch.forEach((entry) => { entry.sending = true; });
    try {
      const whole = [];
      for (const entry of batch) if (await carried(entry)) whole.push(entry);
      const answered = new Set(batch.filter((entry) => !whole.includes(entry)).map((entry) => entry.record.uuid));
      for (const result of whole.length ? await bring(whole) : []) { answered.add(result.uuid); await outbox.settle(result); }
      if (!batch.some((entry) => answered.has(entry.record.uuid))) throw new Refused(500, "unanswered", "服务器没有回答，记录都还在手机上。");
    } finally {
      batch.forEach((entry) => { delete entry.sending; });
    }
    tell();
  }
}

/** Results of some records. One that the server cannot even read keeps none of the others back. */
async function bring(batch) {
  try {
    return (await post("records", { records: batch.map((entry) => entry.record), sent_at: stamp() })).results;
  } catch (error) {
    if (!error.ours) throw error;
    if (batch.length === 1) return [{ uuid: batch[0].record.uuid, outcome: "refused", message: error.message, findings: [] }];
    const results = [];
    for (const entry of batch) results.push(...(await bring([entry])));
    return results;
  }
}

/** Send what goes before a record. False: a picture was refused, and the record waits in 被退回 for another. */
async function carried(entry) {
  for (const file of entry.files) {
    if (file.sent) continue;
    const bytes = await vault.readBytes("evidence", file.uuid);
    try {
      if (bytes) await ask(`evidence/${file.uuid}?record=${entry.record.uuid}&kind=${file.kind}`, { method: "PUT", body: bytes, type: "image/jpeg" });
    } catch (error) {
      if (!error.ours) throw error;
      await outbox.settle({ uuid: entry.record.uuid, outcome: "refused", message: `凭据没有收：${error.message}`, findings: [] });
      return false;
    }
    file.sent = true;
    await outbox.changed(entry);
  }
  return true;
}

async function fetchForm() {
  const keptForm = form && version === state.form_version;
  if (!keptForm) {
    status.step = "正在下载采集表";
    tell();
    const said = await ask("form");
    await vault.write([["box", "form", said]]);
    use(said);
  }
  if (!places.size() || !keptForm) {
    const said = await ask("regions");
    if (said) { await vault.write([["box", "regions", said]]); places.load(said.regions); }
  }
}

async function pull(progress) {
  let ack = people.size() ? (await vault.read("box", "pull")) || 0 : 0;
  let got = 0;
  const total = (state.workload && state.workload.people) || 0;
  for (;;) {
    status.step = "正在下载名单";
    tell();
    const said = await post("pull", { ack, limit: PAGE });
    await people.keep(said.people, said.removed, said.pull);
    ack = said.pull;
    got += said.people.length;
    progress(got, Math.max(total, got));
    if (said.returned) await keepReturned(said.returned);
    if (said.today) { people.advise(said.today); await vault.write([["box", "today", said.today]]); }
    if (!said.more) break;
  }
  // the last download is acknowledged by the next one
}

/** Forget a returned paper that was handed in again; the next download says it itself. */
export async function keepReturned(list) {
  papers = list;
  await vault.write([["box", "returned", papers]]);
}

/** Sync by itself a little later, when there is a network. */
export function later(delay = 1000) {
  clearTimeout(timer);
  timer = setTimeout(() => { if (vault.isOpen() && navigator.onLine) sync(); }, delay);
}

window.addEventListener("online", () => { status.online = true; tell(); if (vault.isOpen()) later(500); });
window.addEventListener("offline", () => { status.online = false; tell(); });
