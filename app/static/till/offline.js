// Shown by the service worker where nothing answers: what is not final stays listed, and the till comes back by itself.
import { t } from "../js/texts.js";
import { calls } from "./device.js";
import { $, made, money, say } from "./dom.js";

const open = (await calls()).filter((call) => !call.outcome);
say("open-count", t("till.open.count", { count: open.length }));
$("#open").hidden = open.length === 0;
$("#open-list").replaceChildren(
  ...open.map((call) => made("tpl-open", { what: t(`till.open.${call.kind}`), fen: money(call.fen), order: call.orderNo })),
);
addEventListener("online", () => location.assign("/till/"));
