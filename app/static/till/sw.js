// The till's service worker: what a page is made of is kept, so that the till opens without a network and can say so.
// Answers of doors and pages of the platform are never kept.
const VERSION = new URL(self.location.href).pathname.split("/")[2];
const OFFLINE = "/till/offline";
const PARTS = /\/static\/[0-9a-f]+\/[\w./-]+/g;

self.addEventListener("install", (event) => event.waitUntil(fill()));
self.addEventListener("activate", (event) => event.waitUntil(clear()));

async function fill() {
  const cache = await caches.open(VERSION);
  const page = await fetch(OFFLINE, { cache: "no-store" });
  const parts = new Set((await page.clone().text()).match(PARTS));
  await cache.put(OFFLINE, page);
  await cache.addAll([...parts]);
  await self.skipWaiting();
}

async function clear() {
  const old = (await caches.keys()).filter((name) => name !== VERSION);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => caches.match(OFFLINE)));
  else if (pathname.startsWith(`/static/${VERSION}/`)) event.respondWith(kept(request));
});

async function kept(request) {
  const cache = await caches.open(VERSION);
  const found = await cache.match(request, { ignoreVary: true });
  if (found) return found;
  const fresh = await fetch(request);
  if (fresh.ok) await cache.put(request, fresh.clone());
  return fresh;
}
