// One batch, one button. A press locks it at once and has one key until its answer is final: pressing again, reloading
// or a lost reply never claims twice. What the server says moves the page, never the phone's clock.
import { get, Refused, write } from "../js/api.js";
import { learnServerTime, moment } from "../js/format.js";
import { t } from "../js/texts.js";
import { countTo } from "./countdown.js";

const LOOK_EVERY_MS = 5000;
const place = document.getElementById("action");
const button = document.getElementById("claim");
const { batch, campaign, mode } = place.dataset;
const isLottery = mode === "lottery";
const [wait, trouble] = ["wait", "trouble"].map((id) => document.getElementById(id));
let busy = false;

const BECOMES = {
  sold_out: "sold_out", campaign_paused: "paused", registration_paused: "paused", claim_ended: "ended",
  registration_ended: "ended", person_limit: "mine", not_started: "coming", registration_not_started: "coming",
};

function say(where, words) {
  where.hidden = !words;
  where.querySelector("p").textContent = words ?? "";
}

/** Show what belongs to a standing; the button says it, too. */
function stand(standing) {
  place.dataset.standing = standing;
  for (const part of place.querySelectorAll("[data-when]")) {
    part.hidden = !part.dataset.when.split(" ").includes(standing);
  }
  if (!button) return;
  button.disabled = busy || standing !== "open";
  const key = { coming: "coming", sold_out: "sold_out" }[standing] ?? "open";
  const words = button.querySelector("span");
  words.textContent = busy ? t("citizen.batch.working") : t(`citizen.batch.button.${key}${isLottery ? "_lottery" : ""}`);
}

function begin() {
  const from = Number(place.dataset.from);
  const words = document.getElementById("countdown");
  countTo(from, (left) => { words.textContent = left; }, () => stand("open"));
}

async function press() {
  busy = true;
  button.setAttribute("aria-busy", "true");
  stand("open");
  say(trouble);
  say(wait);
  try {
    await (isLottery ? register() : claim());
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    refused(error);
  } finally {
    busy = false;
    button.removeAttribute("aria-busy");
    say(wait);
    stand(place.dataset.standing);
  }
}

const queueing = (attempt, seconds) => say(wait, t("citizen.batch.queueing", { attempt, seconds: Math.ceil(seconds) }));

async function claim() {
  const { body } = await write(`claim:${batch}`, `/api/v1/batches/${batch}/claims`, {}, { onWait: queueing });
  const news = document.getElementById("granted");
  news.hidden = false;
  news.textContent = t("citizen.batch.granted", { at: moment(body.voucher.valid_to) });
  place.querySelector('a[href^="/c/wallet"]').href = `/c/wallet/${body.voucher.voucher_id}`;
  place.dataset.standing = "mine";
  document.dispatchEvent(new Event("claimed"));
}

async function register() {
  const { body } = await write(`register:${batch}`, `/api/v1/batches/${batch}/registrations`, {}, { onWait: queueing });
  document.getElementById("number").textContent = body.number;
  place.dataset.standing = "registered";
}

function refused(error) {
  if (error.facts.server_time) learnServerTime(error.facts.server_time);
  if (error.code === "already_registered") document.getElementById("number").textContent = error.facts.number;
  const next = error.code === "already_registered" ? "registered" : BECOMES[error.code];
  if (next) place.dataset.standing = next;
  if (next === "coming") {
    place.dataset.from = String(Date.parse(error.facts.server_time) + error.facts.wait_ms);
    begin();
  }
  say(trouble, error.code === "no_answer" ? t("common.trouble.no_answer") : error.message);
}

/** Stock that came back, a pause, an end: the page hears it while somebody looks at it. */
async function look() {
  if (document.hidden || busy || !["open", "sold_out", "paused", "coming"].includes(place.dataset.standing)) return;
  const found = await get(`/api/v1/campaigns/${campaign}`);
  const now = found.batches.find((each) => each.batch_id === batch);
  if (!now || busy) return;
  const bar = document.getElementById("stock-bar");
  if (bar) {
    bar.max = now.stock;
    bar.value = now.remaining;
    const count = (n) => n.toLocaleString("en-US");
    document.getElementById("stock-words").textContent = t("citizen.batch.stock_left", { left: count(now.remaining), stock: count(now.stock) });
  }
  if (place.dataset.standing === "coming") return;
  const isGone = !isLottery && now.remaining <= 0;
  stand(found.state === "paused" ? "paused" : isGone ? "sold_out" : "open");
}

if (button) {
  button.addEventListener("click", press);
  if (place.dataset.standing === "coming") begin();
  // A look that fails is not said: the next one is near, and a press tells what is wrong.
  setInterval(() => look().catch(() => {}), LOOK_EVERY_MS * (1 + Math.random() / 4));
}
