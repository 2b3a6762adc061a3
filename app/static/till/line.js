// On every page of the till: which terminal this device is, whether the line holds, the sandbox's band, and what has
// no final answer yet, which is asked for again and again under its own key.
import { t } from "../js/texts.js";
import { clockTime } from "../js/format.js";
import { begin, calls, end, terminal } from "./device.js";
import { $, facts, made, money, refusal, say } from "./dom.js";
import { isDone, resume } from "./terminal.js";

const AGAIN_MS = 4_000;
let line = navigator.onLine;

async function showTerminal() {
  const as = await terminal();
  const known = as && facts.terminals?.[as.terminalId];
  say("terminal", known ? `${known.store} · ${known.name}` : as ? t("till.line.foreign") : t("till.line.unpaired"));
  $("#band").hidden = !as?.keyId.startsWith("test_");
  document.body.dataset.paired = known ? "yes" : as ? "foreign" : "no";
}

function showLine(holds) {
  line = holds;
  $("#line-on").hidden = !holds;
  $("#line-off").hidden = holds;
  $("#offline").hidden = holds;
}

/** Show what has no final answer, and what got it behind the cashier's back. */
export async function showOpen() {
  const found = await calls();
  const open = found.filter((call) => !call.outcome);
  say("open-count", t("till.open.count", { count: open.length }));
  $("#open").hidden = found.length === 0;
  $("#open-words").hidden = open.length === 0;
  $("#open-list").replaceChildren(...found.map(shown));
}

function shown(call) {
  const row = made(call.outcome ? "tpl-settled" : "tpl-open", {
    order: call.orderNo,
    what: t(`till.open.${call.kind}`),
    fen: money(call.fen),
    at: clockTime(call.at),
    outcome: call.outcome && outcomeOf(call),
  });
  const read = $("[data-read]", row);
  read?.addEventListener("click", () => end(call.key).then(showOpen));
  return row;
}

const outcomeOf = ({ outcome, kind }) =>
  isDone(outcome) ? t(`till.went_through.${kind}`) : `${t("till.open.refused")} ${refusal(outcome.body).words}`;

/** Ask for every open call once more; what becomes final is kept until the cashier has read it. */
export async function settle() {
  if (!(await terminal())) return;
  for (const call of (await calls()).filter((each) => !each.outcome)) {
    const answer = await resume(call);
    if (!answer?.settled) continue;
    await begin({ ...call, outcome: { status: answer.status, body: answer.body } });
    dispatchEvent(new CustomEvent("settled", { detail: { call, answer } }));
  }
  await showOpen();
}

async function keepSettling() {
  if ((await calls()).some((call) => !call.outcome)) await settle();
  setTimeout(keepSettling, AGAIN_MS);
}

addEventListener("line", ({ detail }) => detail !== line && showLine(detail));
addEventListener("online", () => { showLine(true); settle(); });
addEventListener("offline", () => showLine(false));
$("#open-again").addEventListener("click", settle);

showLine(line);
/** Done once the page shows which terminal this device is. */
export const placed = showTerminal();
placed.then(showOpen).then(keepSettling);
navigator.serviceWorker?.register($("#till-facts").dataset.worker, { scope: "/till/" });
