// The code on display: fresh every half minute, with codes in reserve for a while without a network.
import { get, post, Refused } from "../js/api.js";
import { clockTime, learnServerTime, serverNow } from "../js/format.js";
import { t } from "../js/texts.js";

const RESERVE_EVERY_MS = 5 * 60 * 1000;
const LISTEN_EVERY_MS = 2500;
const RETRY_MS = 3000;
const at = (id) => document.getElementById(id);
const pass = at("pass");
let shown = null; // {code, qr, bars, from, refresh, expires}
let reserve = [];
let reservedAt = 0;
let asking = false;
let nextTry = 0;
let heard = pass.dataset.heard; // the newest scan that is known, with whether it paid

const picture = (svg) => `data:image/svg+xml,${encodeURIComponent(svg)}`;
const grouped = (code) => code.match(/.{4}/g).join(" ");

function say(id, words) {
  at(id).hidden = !words;
  at(id).querySelector("p").textContent = words ?? "";
}

const read = (body) => ({
  code: body.code, qr: picture(body.qr_svg), bars: picture(body.barcode_svg),
  from: Date.parse(body.shows_from ?? body.displayed_at), refresh: Date.parse(body.refresh_at), expires: Date.parse(body.expires_at),
});

function show(code, state) {
  shown = code;
  pass.dataset.state = state;
  at("wait").hidden = true;
  at("qr").src = code.qr;
  at("barcode").src = code.bars;
  at("qr").hidden = at("barcode").hidden = false;
  at("digits").textContent = grouped(code.code);
}

/** A fresh code from the server; without an answer the reserve's, then the last one while it is good. */
async function refresh() {
  if (asking) return;
  asking = true;
  try {
    const began = performance.now();
    const body = await post("/api/v1/ankang-code/displays");
    learnServerTime(body.displayed_at, performance.now() - began);
    show(read(body), "live");
    say("offline");
    say("trouble");
    if (serverNow() - reservedAt > RESERVE_EVERY_MS) await fill();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.status !== 0 && error.status < 500) say("trouble", error.message);
    else withoutNetwork();
  } finally {
    asking = false;
  }
}

async function fill() {
  const { items } = await post("/api/v1/ankang-code/reserves");
  reserve = items.map(read);
  reservedAt = serverNow();
}

function withoutNetwork() {
  const now = serverNow();
  nextTry = now + RETRY_MS;
  const spare = reserve.find((each) => each.from <= now && now < each.refresh);
  if (spare) show(spare, "offline");
  const until = Math.max(reserve.at(-1)?.expires ?? 0, shown?.expires ?? 0);
  if (until > now) say("offline", t("citizen.code.offline", { at: clockTime(until) }));
  else gone();
}

function gone() {
  pass.dataset.state = "gone";
  at("qr").hidden = at("barcode").hidden = true;
  at("wait").hidden = false;
  at("wait").textContent = t("citizen.code.gone");
  at("digits").textContent = "";
  at("life").textContent = "";
  say("offline", t("citizen.code.offline_gone"));
}

function tick() {
  const now = serverNow();
  at("clock").textContent = clockTime(now);
  if (shown) {
    const life = Math.max(0, shown.refresh - now);
    at("ring").style.strokeDashoffset = String(100 - (life / 30_000) * 100);
    if (pass.dataset.state !== "gone") at("life").textContent = t("citizen.code.life", { seconds: Math.ceil(life / 1000) });
    if (now >= shown.refresh && now >= nextTry && !document.hidden) refresh();
  }
}

/** Who reads the code is told to its owner, as soon as it happened; and again when it paid. */
async function listen() {
  if (document.hidden || pass.dataset.state === "gone") return;
  const { items: [last] } = await get("/api/v1/ankang-code/scans?limit=1");
  const said = last ? `${last.scan_id} ${last.order_no ?? ""}` : "";
  if (said === heard) return;
  heard = said;
  if (last.result !== "accepted") return;
  say("heard", t(last.order_no ? "citizen.code.paid" : "citizen.code.heard", { merchant: last.merchant }));
}

/** The screen stays on while the code is shown, where the browser lets it. */
async function stayAwake() {
  if (!document.hidden) await navigator.wakeLock?.request("screen").catch(() => {});
}

at("refresh").addEventListener("click", refresh);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  stayAwake();
  if (!shown || serverNow() >= shown.refresh) refresh();
});
addEventListener("online", refresh);
addEventListener("offline", withoutNetwork);
refresh();
stayAwake();
setInterval(tick, 250);
// A try that fails is not said: the next one is near.
setInterval(() => listen().catch(() => {}), LISTEN_EVERY_MS);
