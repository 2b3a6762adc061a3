// Refunds: an order by its number or its receipt, all of it or a part; above the shop's limit a supervisor approves.
import { t } from "../js/texts.js";
import { fen } from "../js/format.js";
import { freshKey } from "../js/api.js";
import { end } from "./device.js";
import { $, $$, money, onSubmit, refusal, say } from "./dom.js";
import { placed, showOpen } from "./line.js";
import { Camera, hearGun } from "./reader.js";
import { play } from "./sound.js";
import { ask, isDone, write } from "./terminal.js";

const RECEIPT = "AKO1:";
const camera = new Camera($("#camera"), read);
let order = {};

function read(text) {
  $("#f-order").value = text.startsWith(RECEIPT) ? text.slice(RECEIPT.length) : text;
  return find();
}

async function find() {
  const orderNo = $("#f-order").value.trim();
  say("find-error", "");
  $("#order").hidden = $("#result").hidden = true;
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(orderNo)) return say("find-error", t("till.refund.order_wrong"));
  const { status, body } = await ask("GET", `redemptions?order_no=${encodeURIComponent(orderNo)}`);
  if (status === 0) return say("find-error", t("till.result.no_line"));
  if (status !== 200) return say("find-error", `${refusal(body).words} ${refusal(body).todo}`);
  return show(body);
}

function show(found) {
  const refunded = found.refunds.reduce((sum, each) => sum + each.reversed_fen, 0);
  const whole = found.receipt?.order_fen ?? 0;
  const left = found.state === "redeemed" ? whole - refunded : 0;
  order = { orderNo: found.order_no, left, isTouched: refunded > 0 };
  say("order-no", found.order_no);
  say("state", t(`till.state.${found.state === "redeemed" && refunded ? "part" : found.state}`));
  say("order-fen", money(whole));
  say("used-fen", money(found.receipt?.used_fen ?? 0));
  say("refunded-fen", money(found.state === "reversed" ? whole : refunded));
  say("left-fen", money(left));
  $("#give").hidden = left === 0;
  $("#order").hidden = false;
  $("#order").focus({ preventScroll: true });
  $("#order").scrollIntoView({ block: "nearest" });
}

/** The amount that shall come back, null for all that is left; undefined where what was typed is none. */
function wanted() {
  if ($("[name=how]:checked").value === "whole") return null;
  const part = fen($("#f-amount").value);
  return part && part <= order.left ? part : undefined;
}

async function give(approvalId) {
  const part = wanted();
  say("give-error", part === undefined ? t("till.refund.amount_wrong", { left: money(order.left) }) : "");
  if (part === undefined) return undefined;
  const body = { reason: $("#f-reason").value, ...(part === null ? {} : { refund_fen: part }), ...(approvalId ? { approval_id: approvalId } : {}) };
  const about = { kind: "refund", orderNo: order.orderNo, fen: part ?? order.left };
  const answer = await write(`redemptions/${encodeURIComponent(order.orderNo)}/reversals`, body, about);
  await showOpen();
  if (answer.body.code === "approval_required") return askSupervisor(answer.body);
  order.key = answer.key;
  if (!answer.final) return result("unsure", { word: t("till.result.unsure"), more: t("till.refund.unsure_more") });
  return outcome(answer);
}

function outcome(answer) {
  const { body } = answer;
  if (!isDone(answer)) {
    const { words, todo, code } = refusal(body);
    return result("refused", { word: words, more: todo, code });
  }
  const more = body.returned.length ? "till.refund.returned" : body.expired.length ? "till.refund.expired" : "till.refund.kept";
  return result("done", {
    word: t("till.refund.done"), amount: t("till.refund.pay_back", { yuan: money(body.customer_gets_fen) }), more: t(more),
    code: t("till.refund.back_to_budget", { yuan: money(body.subsidy_returned_fen) }),
  });
}

function result(kind, { word, amount = "", more = "", code = "" }) {
  $("#result").dataset.kind = kind;
  say("word", word);
  say("result-money", amount);
  say("result-more", more);
  say("result-code", code);
  $("#order").hidden = true;
  $("#result").hidden = false;
  $("#result").focus();
  play(kind);
}

// --- above the limit

function askSupervisor({ refund_fen: asked }) {
  order.asked = asked;
  say("approve-fen", money(asked));
  say("approve-error", "");
  $("#approve").showModal();
}

/** A supervisor's session for this one approval: it is nowhere kept. An owner who is signed in needs none. */
async function supervisor() {
  if (!$("#f-login")) return {};
  const body = JSON.stringify({ login: $("#f-login").value.trim(), password: $("#f-password").value });
  $("#f-password").value = "";
  const { status, body: told } = await sent("/merchant/v1/sessions", body, {});
  if (status !== 201) throw new Error(status ? refusal(told).words : t("common.trouble.no_answer"));
  return { Authorization: `Bearer ${told.token}` };
}

async function sent(path, body, headers) {
  const response = await fetch(path, { method: "POST", body, headers: { "Content-Type": "application/json", ...headers } });
  return { status: response.status, body: await response.json() };
}

async function approve() {
  say("approve-error", "");
  try {
    const as = await supervisor();
    const body = JSON.stringify({ order_no: order.orderNo, refund_fen: order.asked, reason: $("#f-reason").value });
    order.approvalKey ??= freshKey();
    const { status, body: told } = await sent("/merchant/v1/refund-approvals", body, { ...as, "Idempotency-Key": order.approvalKey });
    if (status < 500) order.approvalKey = undefined;
    if (status >= 300) return say("approve-error", refusal(told).words);
    $("#approve").close();
    return await give(told.approval_id);
  } catch (error) {
    return say("approve-error", error instanceof TypeError ? t("common.trouble.no_answer") : error.message);
  }
}

addEventListener("settled", ({ detail: { call, answer } }) => {
  if (call.key !== order.key) return;
  end(call.key).then(showOpen);
  outcome(answer);
});
onSubmit($("#find"), find);
onSubmit($("#give"), () => give());
onSubmit($("#approve-form"), approve);
for (const radio of $$("[name=how]")) radio.addEventListener("change", () => { $("#part").hidden = radio.value !== "part" || !radio.checked; });
$("#camera-on").addEventListener("click", () => camera.start().catch(() => say("find-error", t("till.scan.no_camera"))));
$("#scan-receipt").addEventListener("toggle", ({ target }) => target.open || camera.stop());
hearGun({ before: () => 0, restore: () => {}, onCode: read });
placed.then(() => $("#f-order").value && document.body.dataset.paired === "yes" && find());
