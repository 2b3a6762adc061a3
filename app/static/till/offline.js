// Shown by the service worker where nothing answers: what is not final stays listed, and the till comes back by itself.
import { t } from "../js/texts.js";
import { calls } from "./device.js";
import { $, made, money, say } from "./dom.js";

const AGAIN_MS = 3_000;
const open = (await calls()).filter((call) => !call.outcome);
say("open-count", t("till.open.count", { count: open.length }));
$("#open").hidden = open.length === 0;
$("#open-list").replaceChildren(
  ...open.map((call) => made("tpl-open", { what: t(`till.open.${call.kind}`), fen: money(call.fen), order: call.orderNo })),
);

/** Back to the till as soon as the platform answers; that the device is online says nothing about that. */
async function comeBack() {
  const answer = await fetch("/healthz", { cache: "no-store" }).catch(() => undefined);
  if (answer?.ok) location.assign("/till/");
}
addEventListener("online", comeBack);
setInterval(comeBack, AGAIN_MS);
