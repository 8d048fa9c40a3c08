// Everything the phone keeps, encrypted. Row keys are opaque ids; nothing about people stands outside.
//
// A random data key (AES-GCM) seals each row, bound to its place. The data key is kept twice wrapped: by a key made of the PIN
// (PBKDF2) and by a device key this browser will not hand out. Five wrong PINs destroy both, and with them every row.
const NAME = "taizhang-phone";
const STORES = ["box", "people", "drafts", "outbox", "evidence"];
export const TRIES = 5;
const ROUNDS = 600000; // of PBKDF2-SHA-256
const STRICT = { durability: "strict" }; // on the disk before we say it is kept

let db = null;
let key = null;
let ahead = null; // {store, rows}

const done = (request) => new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = () => reject(request.error); });
const finished = (tx) => new Promise((resolve, reject) => { tx.oncomplete = () => resolve(); tx.onabort = tx.onerror = () => reject(tx.error); });
const random = (size) => crypto.getRandomValues(new Uint8Array(size));
const text = (value) => new TextEncoder().encode(value);

/** A random UUID, version 4 (crypto.randomUUID is newer than Chrome 90). */
export function uuid() {
  const bytes = random(16);
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  return Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

async function open() {
  if (db) return db;
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => ["meta", ...STORES].forEach((store) => request.result.createObjectStore(store));
  db = await done(request);
  db.onversionchange = () => { db.close(); db = null; };
  return db;
}

async function meta(name) {
  return done((await open()).transaction("meta").objectStore("meta").get(name));
}

async function setMeta(name, value) {
  const tx = (await open()).transaction("meta", "readwrite", STRICT);
  if (value === null) tx.objectStore("meta").delete(name);
  else tx.objectStore("meta").put(value, name);
  return finished(tx);
}

// -- PIN and keys ---------------------------------------------------------------------------------------------------

async function fromPin(pin, salt, rounds) {
  const base = await crypto.subtle.importKey("raw", text(pin), "PBKDF2", false, ["deriveKey"]);
  return crypto.subtle.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds }, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

async function wrap(raw, pin, device) {
  const [salt, inner, outer] = [random(16), random(12), random(12)];
  const once = await crypto.subtle.encrypt({ name: "AES-GCM", iv: inner }, await fromPin(pin, salt, ROUNDS), raw);
  const wrapped = await crypto.subtle.encrypt({ name: "AES-GCM", iv: outer }, device, once);
  return { salt, inner, outer, wrapped, rounds: ROUNDS, device, fails: 0 };
}

async function unwrap(lock, pin) {
  const once = await crypto.subtle.decrypt({ name: "AES-GCM", iv: lock.outer }, lock.device, lock.wrapped);
  return crypto.subtle.decrypt({ name: "AES-GCM", iv: lock.inner }, await fromPin(pin, lock.salt, lock.rounds), once);
}

const asKey = (raw) => crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);

/** What stands in the way in, told without the PIN: {enrolled, fails, wipe, outbox, drafts}. */
export async function standing() {
  const tx = (await open()).transaction(["meta", "outbox", "drafts"]);
  const [lock, wipe, unsent] = await Promise.all([done(tx.objectStore("meta").get("lock")), done(tx.objectStore("meta").get("wipe")), counted(tx)]);
  return { enrolled: Boolean(lock), fails: lock ? lock.fails : 0, wipe: Boolean(wipe), ...unsent };
}

/** How many records and drafts have not left this phone. */
export const unsent = async () => counted((await open()).transaction(["outbox", "drafts"]));

async function counted(tx) {
  const [outbox, drafts] = await Promise.all(["outbox", "drafts"].map((store) => done(tx.objectStore(store).count())));
  return { outbox, drafts };
}

/** Make new keys under a PIN; whatever was kept before is gone. */
export async function create(pin) {
  await destroy();
  const device = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const raw = random(32);
  await setMeta("lock", await wrap(raw, pin, device));
  key = await asKey(raw);
  raw.fill(0);
}

/** Try a PIN: {raw, lock} when it was right, else {left}: tries; 0 when everything has just been destroyed. */
async function tried(pin) {
  const lock = await meta("lock");
  lock.fails += 1;
  await setMeta("lock", lock); // counted before it is tried: ending the browser wins no extra try
  try {
    return { raw: await unwrap(lock, pin), lock: { ...lock, fails: 0 } };
  } catch (wrong) {
    if (lock.fails >= TRIES) await destroy();
    return { left: Math.max(0, TRIES - lock.fails) };
  }
}

/** Open with a PIN: how many tries are left; null when it was right; 0 when everything has just been destroyed. */
export async function unlock(pin) {
  const { raw, lock, left } = await tried(pin);
  if (!raw) return left;
  key = await asKey(raw);
  new Uint8Array(raw).fill(0);
  setMeta("lock", lock).catch(() => {}); // forgiven meanwhile: nobody waits for the disk
  return null;
}

/** Keep the same data key under another PIN: no row is sealed anew. Answers as `unlock`; a wrong old PIN counts as there. */
export async function change(pin, next) {
  const { raw, lock, left } = await tried(pin);
  if (!raw) return left;
  await setMeta("lock", await wrap(raw, next, lock.device));
  new Uint8Array(raw).fill(0);
  return null;
}

/** The account or this device was stopped: from now on no PIN opens it; the next screen tells what is lost and destroys it. */
export async function condemn() {
  await setMeta("wipe", true);
  key = null;
}

/** Keys first, then every row. */
export async function destroy() {
  key = ahead = null;
  await setMeta("lock", null);
  const tx = (await open()).transaction(["meta", ...STORES], "readwrite", STRICT);
  for (const store of ["meta", ...STORES]) tx.objectStore(store).clear();
  return finished(tx);
}

export const isOpen = () => key !== null;

// -- rows -----------------------------------------------------------------------------------------------------------

async function seal(place, bytes) {
  const iv = random(12);
  return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: text(place) }, key, bytes) };
}

const unseal = (place, row) => crypto.subtle.decrypt({ name: "AES-GCM", iv: row.iv, additionalData: text(place) }, key, row.data);
const parsed = (bytes) => JSON.parse(new TextDecoder().decode(bytes));

/** Write rows as one step: [[store, id, value]]; null deletes, bytes are kept as bytes. All or nothing, and on the disk. */
export async function write(rows) {
  const sealed = await Promise.all(rows.map(async ([store, id, value]) => [store, id,
    value === null ? null : await seal(`${store}:${id}`, value instanceof Uint8Array ? value : text(JSON.stringify(value)))]));
  const tx = (await open()).transaction([...new Set(rows.map(([store]) => store))], "readwrite", STRICT);
  for (const [store, id, row] of sealed) {
    if (row === null) tx.objectStore(store).delete(id);
    else tx.objectStore(store).put(row, id);
  }
  return finished(tx);
}

export async function readBytes(store, id) {
  const row = await done((await open()).transaction(store).objectStore(store).get(id));
  return row ? new Uint8Array(await unseal(`${store}:${id}`, row)) : null;
}

export async function read(store, id) {
  const bytes = await readBytes(store, id);
  return bytes && parsed(bytes);
}

async function rowsOf(store) {
  const tx = (await open()).transaction(store);
  return Promise.all([done(tx.objectStore(store).getAllKeys()), done(tx.objectStore(store).getAll())]);
}

/** Fetch a store's sealed rows while the PIN is being typed; `readAll` takes them once. */
export function prepare(store) {
  ahead = ahead || { store, rows: rowsOf(store).catch(() => null) };
}

/** Every row of a store: [[id, value]]. `read`: what to make of a row's bytes. */
export async function readAll(store, read = parsed) {
  const waiting = ahead && ahead.store === store ? ahead.rows : null;
  if (waiting) ahead = null;
  const [ids, rows] = (await waiting) || (await rowsOf(store));
  return Promise.all(rows.map(async (row, at) => [ids[at], read(await unseal(`${store}:${ids[at]}`, row))]));
}
