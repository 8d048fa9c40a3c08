// Keeps the shell, so that the page opens without a network. `VERSION` and `FILES` stand in front, written by the server.
// Nothing else is ever kept: people live sealed in the page's own store, the API passes through untouched.
/* global VERSION, FILES */
const CACHE = `phone-${VERSION}`;
const HOME = FILES[0];
const KEPT = new Set(FILES);

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    await Promise.all(FILES.map(async (file) => {
      const answer = await fetch(file, { cache: file.includes(VERSION) ? "default" : "reload", credentials: "omit" }); // an address with the version never changes
      if (!answer.ok || answer.redirected) throw new Error(file);
      await cache.put(file, answer);
    }));
    await self.skipWaiting(); // an open page has its script already, or is told to open again (locked.js)
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith("phone-") && name !== CACHE) await caches.delete(name);
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  const name = request.mode === "navigate" && url.pathname === HOME ? HOME : url.pathname;
  if (!KEPT.has(name)) return;
  event.respondWith((async () => (await (await caches.open(CACHE)).match(name)) || fetch(request))());
});
