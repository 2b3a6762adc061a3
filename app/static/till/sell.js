// Taking a voucher: the amount, the customer's code, what applies, one tap, a result that nobody overlooks.
import { t } from "../js/texts.js";
import { fen, serverNow } from "../js/format.js";
import { freshKey } from "../js/api.js";
import { end } from "./device.js";
import { $, $$, busy, half, made, money, onSubmit, refusal, say } from "./dom.js";
import { showOpen } from "./line.js";
import { Camera, hearGun } from "./reader.js";
import { isMute, play, setMute } from "./sound.js";
import { ask, isDone, tell, write } from "./terminal.js";

const sell = $("#sell");
const amount = $("#amount");
const RECEIPT = "AKO1:";
// Vouchers of the past: of no use to anybody at the counter, but there for who asks.
const GONE = ["voucher_used", "voucher_expired", "voucher_revoked"];
let sale = fresh();

/** A purchase: its number at this shop is made once and stays, whatever is tried for it. */
function fresh() {
  const stamp = new Date(serverNow() + 8 * 3_600_000).toISOString().replace(/\D/g, "");
  return { orderNo: `T${stamp.slice(2, 14)}-${freshKey().slice(0, 6)}`, chosen: new Set() };
}

function go(step, takesFocus = true) {
  sell.dataset.step = step;
  amount.readOnly = step === "wait";
  if (step !== "result") delete $("#result").dataset.kind;
  if (step !== "scan") camera.stop();
  if (step === "scan") $("#f-code").value = "";
  else if (step === "amount" && takesFocus) amount.focus();
}

function newSale() {
  sale = fresh();
  amount.value = $("#f-discount").value = $("#f-goods_fen").value = "";
  $("#f-goods").value = "";
  $("#goods-amount").hidden = true;
  $(".more", sell).open = false;
  say("amount-error", "");
  go("amount");
}

// --- the amount

/** What the order is, as the contract takes it; null with a word beside the field where it is none. */
function order() {
  const gross = fen(amount.value);
  const discount = fen($("#f-discount").value || "0");
  const goods = $("#f-goods").value;
  const part = goods && ($("#f-goods_fen").value ? fen($("#f-goods_fen").value) : gross - discount);
  const wrong = !gross || discount === null || discount >= gross || (goods && (part === null || part > gross - discount));
  say("amount-error", wrong ? t(gross ? "till.sell.parts_wrong" : "till.sell.amount_wrong") : "");
  if (wrong) return null;
  const items = goods ? { items: [{ goods, amount_fen: part }] } : {};
  return { gross_fen: gross, merchant_discount_fen: discount, ...items };
}

/** The amount is about to be another: what was shown for the old one goes. False while a call is under way. */
function touch() {
  if (sell.dataset.step === "wait") return false;
  if (sell.dataset.step === "result") newSale();
  else if (sell.dataset.step !== "amount") go("amount", false);
  return true;
}

function press(key) {
  if (!touch()) return;
  const typed = amount.value;
  if (key === "back") amount.value = typed.slice(0, -1);
  else if (key === "." ? !typed.includes(".") : /^\d{0,6}(\.\d?)?$/.test(typed)) amount.value = (key === "." && !typed ? "0" : typed) + key;
  say("amount-error", "");
}

function toScan() {
  if (!touch()) return undefined;
  const asked = order();
  if (!asked) return amount.focus();
  sale.order = asked;
  say("gross", money(asked.gross_fen));
  if (sale.token && serverNow() < sale.expiresAt) return requote([]);
  go("scan");
  if (localStorage.getItem("till-camera") === "1") openCamera();
  return undefined;
}

// --- the code

const camera = new Camera($("#camera"), (text) => scanned(text));

async function openCamera() {
  say("camera-error", "");
  $("#camera-on").hidden = true;
  $("#camera-off").hidden = false;
  try {
    await camera.start();
    localStorage.setItem("till-camera", "1");
  } catch {
    say("camera-error", t("till.scan.no_camera"));
    closeCamera();
  }
}

function closeCamera() {
  camera.stop();
  $("#camera-on").hidden = false;
  $("#camera-off").hidden = true;
}

async function scanned(text) {
  closeCamera();
  if (sell.dataset.step === "wait") return undefined;
  if (sell.dataset.step === "result" && !mayScanAgain()) return undefined;
  if (text.startsWith(RECEIPT)) return location.assign(`/till/refund?order_no=${encodeURIComponent(text.slice(RECEIPT.length))}`);
  sale.order = order();
  if (!sale.order) return go("amount");
  say("gross", money(sale.order.gross_fen));
  play("read");
  say("wait", t("till.wait.scan"));
  go("wait");
  const answer = await tell("scans", { code: text.replace(/\s/g, ""), purpose: "voucher", order: sale.order });
  if (!isDone(answer)) return refused(answer, "scan");
  const { scan_token: token, expires_at: expiresAt, holder, quote } = answer.body;
  Object.assign(sale, { token, expiresAt: Date.parse(expiresAt), holder });
  return showQuote(quote);
}

/** After a refusal the same order is tried again; after a success there is no amount yet; what is unsure is left alone. */
function mayScanAgain() {
  if ($("#result").dataset.kind === "done") {
    newSale();
    say("amount-error", t("till.sell.amount_wrong"));
  }
  return $("#result").dataset.kind === "refused";
}

// --- what applies

function showQuote(quote) {
  sale.quote = quote;
  sale.chosen = new Set(quote.best.voucher_ids);
  say("holder", t("till.quote.of", { holder: sale.holder }));
  say("order", money(quote.order_fen));
  const list = [...quote.vouchers].sort((one, other) => Number(other.applicable) - Number(one.applicable) || other.discount_fen - one.discount_fen);
  const past = list.filter((each) => GONE.includes(each.reason));
  $("#vouchers").replaceChildren(...list.filter((each) => !past.includes(each)).map(voucher));
  $("#past-list").replaceChildren(...past.map(voucher));
  say("past", t("till.quote.past", { count: past.length }));
  $("#past").hidden = past.length === 0;
  $("#no-voucher").hidden = quote.vouchers.length > past.length;
  showSum({ ...quote.best, applicable: quote.best.voucher_ids.length > 0 });
  go("quote");
}

function voucher(each) {
  const why = each.applicable ? each.left_out && refusal({ code: each.left_out }).words : whyNot(each);
  const row = made(each.applicable ? "tpl-voucher" : "tpl-not", {
    off: money(each.applicable ? -each.discount_fen : each.face_fen), name: each.batch_name, rule: half(each.rule), why,
  });
  const button = $("button", row);
  button?.setAttribute("aria-pressed", String(sale.chosen.has(each.voucher_id)));
  button?.addEventListener("click", () => choose(each.voucher_id, button));
  return row;
}

function whyNot({ reason, message, shortfall_fen: short }) {
  const { words } = refusal({ code: reason, message });
  return short ? `${words} ${t("till.quote.short", { yuan: money(short) })}` : words;
}

async function choose(id, button) {
  if (!sale.chosen.delete(id)) sale.chosen.add(id);
  button.setAttribute("aria-pressed", String(sale.chosen.has(id)));
  if (sale.chosen.size === 0) return showSum({ discount_fen: 0, customer_pays_fen: sale.quote.order_fen, applicable: false });
  return requote([...sale.chosen]);
}

/** Ask for the vouchers that were chosen, or, the amount being another, for the best ones. */
async function requote(ids) {
  const chosen = ids.length ? { voucher_ids: ids } : {};
  const asked = (sale.asked = {});
  $("#redeem").disabled = true;
  const answer = await ask("POST", "quotes", { scan_token: sale.token, ...sale.order, ...chosen });
  if (asked !== sale.asked) return undefined;
  if (answer.status !== 200) return refused(answer, "scan");
  return ids.length ? showSum(answer.body.chosen) : showQuote(answer.body);
}

function showSum({ discount_fen: off, customer_pays_fen: pays, applicable, reason, message }) {
  sale.pays = pays;
  say("off", money(-off || 0));
  say("pays", money(pays ?? sale.quote.order_fen));
  say("chosen-error", reason ? refusal({ code: reason, message }).words : "");
  say("redeem", applicable ? t("till.quote.redeem", { yuan: money(pays) }) : t("till.quote.nothing"));
  $("#redeem").disabled = !applicable;
}

setInterval(() => {
  if (sell.dataset.step !== "quote") return;
  const left = Math.min(180, Math.ceil((sale.expiresAt - serverNow()) / 1000));
  say("expires", left > 0 ? t("till.quote.expires", { seconds: left }) : t("till.quote.expired"));
}, 500);

// --- the one tap

async function redeem(isConfirmed = false) {
  say("wait", t("till.wait.redeem"));
  go("wait");
  const body = { scan_token: sale.token, voucher_ids: [...sale.chosen], order_no: sale.orderNo, ...sale.order };
  const about = { kind: "redeem", orderNo: sale.orderNo, fen: sale.order.gross_fen };
  const answer = await write("redemptions", isConfirmed ? { ...body, confirm_duplicate: true } : body, about);
  await showOpen();
  if (answer.body.code === "possible_duplicate") return askAgain();
  sale.key = answer.key;
  if (!answer.final) return unsure();
  return isDone(answer) ? done(answer.body) : refused(answer, "redeem");
}

function askAgain() {
  say("duplicate-fen", money(sale.order.gross_fen));
  go("quote");
  play("unsure");
  $("#duplicate").showModal();
}

// --- the result

function show(kind, { word, amount: shown = "", more = "", code = "" }, focus) {
  $("#result").dataset.kind = kind;
  say("word", word);
  say("result-money", shown);
  say("result-more", more);
  say("result-code", code);
  go("result");
  play(kind);
  focus.focus();
}

function done(receipt) {
  $("#receipt").href = `/till/receipts/${encodeURIComponent(receipt.order_no)}`;
  const { customer_pays_fen: pays, used_fen: used, forfeited_fen: lost } = receipt;
  const more = t("till.result.used", { used: money(used) }) + (lost ? ` ${t("till.result.lost", { lost: money(lost) })}` : "");
  const code = t("till.result.order", { order: receipt.order_no });
  show("done", { word: t("till.result.done"), amount: t("till.result.collect", { yuan: money(pays) }), more, code }, $("#new"));
}

function refused({ status, body }, by) {
  if (status === 0 || status >= 500 || body.retryable) {
    return show("refused", { word: t("till.result.no_line"), more: t(`till.no_line.${by}`) }, $("#again"));
  }
  const { words, todo, code } = refusal(body);
  const short = body.shortfall_fen ? ` ${t("till.quote.short", { yuan: money(body.shortfall_fen) })}` : "";
  return show("refused", { word: words + short, more: todo, code }, $("#again"));
}

function unsure() {
  show("unsure", { word: t("till.result.unsure"), more: t("till.result.unsure_more"), code: t("till.result.order", { order: sale.orderNo }) }, $("#new"));
}

addEventListener("settled", ({ detail: { call, answer } }) => {
  if (call.key !== sale.key || sell.dataset.step !== "result") return;
  end(call.key).then(showOpen);
  if (isDone(answer)) done(answer.body);
  else refused(answer, "redeem");
});

// --- hands

$("#keypad").addEventListener("click", ({ target }) => {
  const key = target.closest("[data-key]")?.dataset.key;
  if (key) press(key);
});
amount.addEventListener("beforeinput", touch);
amount.addEventListener("input", () => { amount.value = amount.value.replace(/[^\d.]/g, ""); });
for (const part of ["#f-discount", "#f-goods", "#f-goods_fen"]) $(part).addEventListener("input", touch);
amount.addEventListener("keydown", (event) => event.key === "Enter" && toScan());
$("#next").addEventListener("click", toScan);
$("#f-goods").addEventListener("change", ({ target }) => { $("#goods-amount").hidden = !target.value; });
onSubmit($("#typed"), () => scanned($("#f-code").value));
$("#camera-on").addEventListener("click", openCamera);
$("#camera-off").addEventListener("click", () => { localStorage.setItem("till-camera", "0"); closeCamera(); });
$("#redeem").addEventListener("click", ({ currentTarget }) => busy(currentTarget, () => redeem()));
$("#duplicate-no").addEventListener("click", () => { $("#duplicate").close(); newSale(); });
$("#duplicate-yes").addEventListener("click", () => { $("#duplicate").close(); redeem(true); });
for (const button of $$("[data-go]", sell)) button.addEventListener("click", () => go(button.dataset.go));
for (const button of $$("[data-new]", sell)) button.addEventListener("click", newSale);
hearGun({
  before: () => ({ typed: amount.value, step: sell.dataset.step, was: sale }),
  restore: ({ typed, step, was }) => { amount.value = typed; sell.dataset.step = step; sale = was; },
  onCode: scanned,
});

const mute = $("#mute");
mute.setAttribute("aria-pressed", String(isMute()));
mute.addEventListener("click", () => { setMute(!isMute()); mute.setAttribute("aria-pressed", String(isMute())); });
go("amount");
