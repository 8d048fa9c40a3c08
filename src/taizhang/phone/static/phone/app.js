// The phone page: starts, locks itself, and knows the switches that hold everywhere.
import * as nav from "./nav.js";
import { first } from "./start.js";
import * as sync from "./sync.js";
import * as vault from "./vault.js";
import "./list.js";
import "./person.js";
import "./form.js";
import "./fresh.js";
import "./tray.js";
import "./me.js";
import { setElder } from "./settings.js";

const AWAY = 5 * 60 * 1000; // in the background for so long: locked

let hiddenAt = 0;
let lockTimer = null;

const lock = () => location.replace("/phone/"); // a fresh page holds no key and nobody's data

document.addEventListener("visibilitychange", () => {
  clearTimeout(lockTimer);
  if (document.visibilityState === "hidden") {
    hiddenAt = Date.now();
    nav.pause();
    lockTimer = setTimeout(() => { if (vault.isOpen()) lock(); }, AWAY);
  } else if (vault.isOpen() && hiddenAt && Math.abs(Date.now() - hiddenAt) >= AWAY) lock();
  else if (vault.isOpen()) sync.later(500);
});

/** One page at a time works with the store; a second one asks for it. */
function alone() {
  if (!navigator.locks) return first();
  const hold = (steal) => navigator.locks.request("taizhang-phone", steal ? { steal: true } : { ifAvailable: true }, async (got) => {
    if (!got) { nav.start("elsewhere", { take: () => hold(true).catch(() => lock()) }); return undefined; }
    await first();
    return new Promise(() => {}); // until the page ends, or another takes it
  });
  return hold(false).catch(() => lock());
}

if (!document.documentElement.hasAttribute("data-cannot")) {
  document.getElementById("elder").addEventListener("click", () => setElder(!document.documentElement.classList.contains("elder")));
  document.getElementById("back").addEventListener("click", () => nav.back());
  document.getElementById("sync").addEventListener("click", async () => {
    if (!vault.isOpen()) return;
    await sync.sync();
    if (vault.isOpen() && nav.isAt("list")) nav.again(); // asked for: rows may move. After syncing by itself they stay under the thumb
  });
  sync.listen((what) => { if (what === "done" && vault.isOpen() && nav.isAt("tray")) nav.again(); });
  document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); document.getElementById("main").focus(); });
  setElder(document.documentElement.classList.contains("elder"));
  navigator.serviceWorker.register("/phone/sw.js", { scope: "/phone/" }).catch(() => {});
  alone();
}
