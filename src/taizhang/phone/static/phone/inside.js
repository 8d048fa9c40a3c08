// The rest of the page: everything behind the PIN. Fetched while it is typed.
import "./enrol.js";
import "./form.js";
import "./frame.js";
import "./fresh.js";
import "./list.js";
import "./me.js";
import * as nav from "./nav.js";
import * as outbox from "./outbox.js";
import * as people from "./people.js";
import "./person.js";
import * as sync from "./sync.js";
import "./tray.js";

const FIRST = 2000; // ms until the first carrying: the first taps go before it

/** The PIN was right: read what this phone holds, and show it. */
export async function enter() {
  await outbox.load();
  await Promise.all([people.load(), sync.load()]);
  await nav.start(people.size() || sync.known() ? "list" : "download");
  if (sync.known()) sync.later(FIRST);
}
