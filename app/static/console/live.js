// A campaign as it runs: every two seconds this page asks for itself, and takes over what has changed ([data-live]).
// The opening by second is followed by its own door, which is asked for the last seconds only.
import { t } from "../js/texts.js";
import { get } from "../js/api.js";
import { clockTime, serverNow } from "../js/format.js";
import { draw, plot } from "./plot.js";

const EVERY_MS = 2_000;
const MOST_MS = 30_000;
const AGAIN_S = 15; // claims of these seconds may still be on their way into the database
const SHOWN_S = 20; // an opening is drawn over at least so many

const pulse = document.querySelector("[data-pulse]");
const figure = document.querySelector("[data-opening]");
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let known = "";
let heardAt = serverNow();

/** What has changed in the page since the last look. */
async function look() {
  const headers = known ? { "If-None-Match": known } : {};
  const response = await fetch(`${location.pathname}?part=1`, { headers, signal: AbortSignal.timeout(10_000) });
  if (response.redirected) return location.reload(); // the session has ended
  if (response.status !== 304 && !response.ok) throw new Error(String(response.status));
  if (response.status === 304) return null;
  known = response.headers.get("ETag");
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const place of document.querySelectorAll("[data-live]")) {
    const found = fresh.querySelector(`[data-live="${CSS.escape(place.dataset.live)}"]`);
    place.replaceChildren(...found.childNodes);
  }
  draw();
  return null;
}

const seconds = new Map(); // of each batch: its name, when it opened, and how many were claimed in which second
let knowsAll = true;

function learn(told) {
  knowsAll = told.batches.every(({ batch_id: id }) => told.since === 0 || seconds.has(id));
  for (const { batch_id: id, name, claim_from: at, seconds: found } of told.batches) {
    if (!seconds.has(id)) seconds.set(id, { name, openedAt: Date.parse(at), claimed: new Map() });
    for (const { second, claimed } of found) seconds.get(id).claimed.set(second, claimed);
  }
  showOpening();
  return told.is_over && told.batches.length > 0;
}

function showOpening() {
  const batches = [...seconds.values()];
  const last = Math.max(SHOWN_S, ...batches.flatMap(({ claimed }) => [...claimed.keys()]));
  const labels = Array.from({ length: last + 2 }, (_, second) => String(second));
  const series = batches.map(({ name, claimed }) => ({ name, values: labels.map((_, second) => claimed.get(second) ?? 0) }));
  plot(figure.querySelector("[data-plot]"), { labels, series, line: true });
  const all = batches.flatMap(({ name, claimed }) => [...claimed].sort(([a], [b]) => a - b).map(([second, count]) => [name, second, count]));
  figure.querySelector("[data-seconds]").replaceChildren(...all.map(row));
  const [at, claimed] = fastest(batches);
  figure.querySelector("[data-fastest]").textContent = claimed ? t("console.live.fastest", { claimed, at: clockTime(at) }) : "";
}

/** The instant of the second in which most was claimed, of all batches together, and how many those were. */
function fastest(batches) {
  const sums = new Map();
  for (const { openedAt, claimed } of batches) {
    for (const [second, count] of claimed) {
      const at = openedAt + second * 1000;
      sums.set(at, (sums.get(at) ?? 0) + count);
    }
  }
  return [...sums].reduce((best, each) => (each[1] > best[1] ? each : best), [0, 0]);
}

function row([name, ...numbers]) {
  const line = document.createElement("tr");
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = name;
  line.append(head, ...numbers.map(cell));
  return line;
}

function cell(number) {
  const made = document.createElement("td");
  made.className = "end";
  made.textContent = number;
  return made;
}

/** From which second on the opening is to be asked for again: that of the batch which opened last. */
function since() {
  const latest = Math.max(0, ...[...seconds.values()].map(({ openedAt }) => openedAt));
  return knowsAll ? Math.min(600, Math.max(0, Math.floor((serverNow() - latest) / 1000) - AGAIN_S)) : 0;
}

/** `work` every two seconds while somebody looks, until it says that there is nothing to follow any more. */
async function follow(work, told) {
  for (let wait = EVERY_MS; ; ) {
    await pause(wait);
    if (document.hidden) continue;
    try {
      if (await work()) return;
      wait = EVERY_MS;
      told(true);
    } catch {
      wait = Math.min(MOST_MS, wait * 2);
      told(false);
    }
  }
}

function say(isHeard) {
  if (isHeard) heardAt = serverNow();
  pulse.toggleAttribute("data-lost", !isHeard);
  pulse.textContent = t(isHeard ? "console.live.at" : "console.live.lost", { at: clockTime(heardAt) });
}

draw();
follow(look, say);
if (!learn(JSON.parse(document.getElementById("opening").textContent))) {
  follow(async () => learn(await get(`${figure.dataset.opening}?since=${since()}`)), () => {});
}
