// The editor of a batch: what is typed is shown as its rule and as orders worked out, each fault beside its field, before
// anything is saved.
import { t } from "../js/texts.js";
import { Refused, post } from "../js/api.js";
import { fen, yuan } from "../js/format.js";
import { act, say } from "./act.js";
import { fieldsOf, mark } from "./fields.js";

const WAIT_MS = 250;
// What a batch may be without: said with the rest, so that what somebody takes out is out.
const OPTIONAL = ["off_bp", "valid_from", "valid_to", "valid_days", "goods_in", "goods_out", "weekdays", "hours", "areas", "categories", "merchant_ids", "exclusive_group", "per_order"];

const form = document.getElementById("batch");

/** Only what belongs to the choices made can be filled in. */
function arrange() {
  for (const part of form.querySelectorAll("[data-when]")) {
    const [name, wanted] = part.dataset.when.split("=");
    part.hidden = part.disabled = new FormData(form).get(name) !== wanted;
  }
}

/** The batch as a door takes it; null where a number is none. */
function body(options) {
  const found = fieldsOf(form, options);
  if (!found) return null;
  for (const name of Object.keys(found)) if (name.startsWith("choice_")) delete found[name];
  const hours = [...form.querySelectorAll(".window")].map(windowOf).filter(({ from, to }) => from && to);
  if (hours.length) found.hours = hours;
  for (const name of OPTIONAL) found[name] ??= null;
  return found;
}

function windowOf(row) {
  const [from, to] = [...row.querySelectorAll("input")].map(({ value }) => value.slice(0, 5));
  return { from, to: to === "00:00" ? "24:00" : to };
}

const known = (value) => value !== undefined && value !== "" && value !== null;
let latest = 0;

async function preview() {
  const turn = ++latest;
  const asked = body({ focus: false });
  if (!asked) return;
  delete asked.mode;
  const filled = Object.fromEntries(Object.entries(asked).filter(([, value]) => known(value)));
  const order = fen(document.getElementById("try").value);
  if (order) filled.order_fen = order;
  if (!filled.face_fen || !known(filled.threshold_fen)) return show(null);
  try {
    const seen = await post("/organizer/v1/batch-previews", filled);
    if (turn !== latest) return;
    show(seen);
    mark(form, seen.faults, { focus: false });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (turn === latest) mark(form, error.facts.errors ?? [], { focus: false });
  }
}

function show(seen) {
  const has = Boolean(seen?.rule_zh);
  document.querySelector("[data-nothing]").hidden = has;
  document.querySelector("[data-seen]").hidden = !has;
  if (!has) return;
  for (const place of document.querySelectorAll("[data-say]")) place.textContent = seen[place.dataset.say];
  document.querySelector("[data-examples]").replaceChildren(...seen.examples.map(line));
}

function line({ order_fen: order, off_fen: off, pays_fen: pays, shortfall_fen: short, reason }) {
  const row = document.createElement("tr");
  const saved = reason === null ? `−¥${yuan(off)}` : short ? t("console.editor.example_short", { yuan: yuan(short) }) : t("console.editor.example_not");
  for (const words of [`¥${yuan(order)}`, saved, `¥${yuan(pays)}`]) {
    const cell = document.createElement("td");
    cell.className = "end";
    cell.textContent = words;
    row.append(cell);
  }
  return row;
}

function save() {
  const sent = body();
  if (!sent) return say(form, t("console.act.wrong"));
  const isNew = form.dataset.method === "POST";
  if (!isNew) delete sent.mode;
  const missing = [...form.querySelectorAll("[name][required]")].filter((field) => !field.matches(":disabled") && !field.value.trim());
  if (missing.length) {
    mark(form, missing.map(({ name }) => ({ field: name, message: t("console.editor.missing") })));
    return say(form, t("console.act.wrong"));
  }
  return act(form, form.dataset.intent, form.dataset.batch, sent, { method: form.dataset.method });
}

if (form) {
  let waiting;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(preview, WAIT_MS);
  };
  form.addEventListener("input", () => {
    arrange();
    soon();
  });
  document.getElementById("try").addEventListener("input", soon);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    clearTimeout(waiting);
    save();
  });
  arrange();
  preview();
}

// A draft's own form: what the lint finds wrong with its budget stands beside it.
for (const linted of document.querySelectorAll("form[data-lint]")) {
  const { faults } = await post(linted.dataset.lint);
  mark(linted, faults, { focus: false });
}
