// What the bank said: a result file is read here and sent to the door in portions, or one order's answer is typed in.
import { t } from "../js/texts.js";
import { act } from "./act.js";

const DOOR = "/organizer/v1/payout-results";
const COLUMNS = ["bank_key", "outcome", "amount_fen", "reference", "reason"];
const OUTCOMES = ["paid", "refused", "unknown"];
const AT_ONCE = 500;
const form = document.getElementById("results");

/** The cells of a CSV text (RFC 4180), row by row. */
export function rowsOf(content) {
  const cells = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n|$)/gy;
  const rows = [[]];
  for (let found = cells.exec(content); found; found = cells.exec(content)) {
    const [, cell, end] = found;
    rows.at(-1).push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end === "") break;
    if (end !== ",") rows.push([]);
  }
  return rows.filter((row) => row.length > 1);
}

/** The bank's answers in a result file, as the door takes them; null where it is none. */
export function resultsOf(content) {
  const [head, ...rows] = rowsOf(content.replace(/^\uFEFF/, ""));
  if (!head || COLUMNS.some((name) => !head.includes(name)) || !rows.length) return null;
  return rows.map((row) => {
    const of = (name) => (row[head.indexOf(name)] ?? "").trim();
    return { bank_key: of("bank_key"), outcome: of("outcome"), amount_fen: Number(of("amount_fen")), reference: of("reference"), reason: of("reason") };
  });
}

function tell(items) {
  const list = document.getElementById("heard");
  list.replaceChildren(
    ...[...grouped(items)].map(([result, of]) => {
      const line = document.createElement("li");
      const keys = ["contradicts", "unknown_key"].includes(result) ? `: ${of.map(({ bank_key: key }) => key).join(", ")}` : "";
      line.textContent = `${t(`console.payouts.heard.${result}`, { count: of.length })}${keys}`;
      return line;
    }),
  );
  document.getElementById("heard-box").hidden = false;
  document.getElementById("heard-box").focus();
}

function grouped(items) {
  const found = new Map();
  for (const item of items) found.set(item.result, [...(found.get(item.result) ?? []), item]);
  return found;
}

/** What is wrong with a result file as a whole, in words; empty where nothing is. */
function faultOf(results) {
  if (!results) return t("console.payouts.file_wrong");
  const at = results.findIndex(({ outcome, amount_fen: amount, reference }) =>
    !OUTCOMES.includes(outcome) || !(Number.isSafeInteger(amount) && amount > 0) || (outcome === "paid" && !reference));
  return at < 0 ? "" : t("console.payouts.line_wrong", { line: at + 2 });
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  event.stopPropagation();
  const file = form.elements.file.files[0];
  const results = file ? resultsOf(await file.text()) : null;
  const fault = faultOf(results);
  form.querySelector("[data-said]").textContent = fault;
  if (fault) return;
  const heard = [];
  for (let from = 0; from < results.length; from += AT_ONCE) {
    const portion = results.slice(from, from + AT_ONCE);
    const onDone = ({ body }) => heard.push(...body.items);
    if (heard.length < from) break; // a portion was refused, and said so
    await act(form.querySelector("button"), `results:${portion.map(({ bank_key: key, outcome }) => `${key}${outcome}`).join()}`, DOOR, { results: portion }, { onDone });
  }
  if (heard.length) tell(heard);
});

for (const one of document.querySelectorAll("form[data-result]")) {
  one.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    const { amount_fen: fen, ...typed } = Object.fromEntries(new FormData(one));
    const result = { ...typed, amount_fen: Number(fen) };
    act(one.querySelector("button[type=submit]"), `result:${JSON.stringify(result)}`, DOOR, { results: [result] }, { onDone: saidOf(one) });
  });
}

const saidOf = (one) => ({ body }) => {
  const [{ result }] = body.items;
  if (result === "applied") location.reload();
  else one.querySelector("[data-said]").textContent = t(`console.payouts.heard.${result}`, { count: 1 });
};
