// The phone page: starts, locks itself, and knows the switches that hold everywhere.
import { first, rest } from "./locked.js";
import * as nav from "./nav.js";
import { setElder } from "./settings.js";
import * as vault from "./vault.js";

const AWAY = 5 * 60 * 1000; // in the background for so long: locked

const SHOWN = 50; // ms until a screen just drawn is seen: nothing else is begun before

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
});

/** The box for the PIN, then the rest of the page while somebody types, then what the phone keeps of the page. */
async function begin() {
  await first();
  await new Promise((done) => { setTimeout(done, SHOWN); });
  await rest().catch(() => {}); // said once it is needed
  navigator.serviceWorker.register("/phone/sw.js", { scope: "/phone/" }).catch(() => {});
}

/** One page at a time works with the store; a second one asks for it. */
function alone() {
  if (!navigator.locks) return begin();
  const hold = (steal) => navigator.locks.request("taizhang-phone", steal ? { steal: true } : { ifAvailable: true }, async (got) => {
    if (!got) { nav.start("elsewhere", { take: () => hold(true).catch(() => lock()) }); return undefined; }
    await begin();
    return new Promise(() => {}); // until the page ends, or another takes it
  });
  return hold(false).catch(() => lock());
}

if (!document.documentElement.hasAttribute("data-cannot")) {
  document.getElementById("elder").addEventListener("click", () => setElder(!document.documentElement.classList.contains("elder")));
  document.getElementById("back").addEventListener("click", () => nav.back());
  document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); document.getElementById("main").focus(); });
  setElder(document.documentElement.classList.contains("elder"));
  alone();
}
