// The fields of a form as a JSON door takes them, and what the door finds wrong with them, each beside its field.
// `data-type`: int, fen (typed as yuan), list (boxes of one name, or words between commas), ints (boxes).
// `data-empty="null"`: a field that is emptied says so; others are left out.
import { lang, t } from "../js/texts.js";
import { fen } from "../js/format.js";

/** The body; null where something typed is no number, and then that is said beside it. `focus`: and gone to. */
export function fieldsOf(form, { focus = true } = {}) {
  const body = {};
  const wrong = [];
  for (const field of form.elements) {
    if (!field.name || field.matches(":disabled")) continue;
    const value = valueOf(field, body[field.name]);
    if (value === undefined && field.dataset.empty === "null") body[field.name] ??= null;
    else if (Number.isNaN(value)) wrong.push({ field: field.name, message: t("console.act.no_number") });
    else if (value !== undefined) body[field.name] = value;
  }
  mark(form, wrong, { focus });
  return wrong.length ? null : body;
}

function valueOf(field, sofar) {
  const typed = field.value.trim();
  const kind = field.dataset.type;
  if (field.type === "radio" || kind === "list" || kind === "ints") return chosen(field, kind, typed, sofar);
  if (field.type === "checkbox") return field.checked;
  if (!typed) return field.required ? "" : undefined;
  if (kind === "fen") return fen(typed) ?? NaN;
  if (kind === "int") return /^\d{1,9}$/.test(typed) ? Number(typed) : NaN;
  if (field.type === "datetime-local") return `${typed.length === 16 ? `${typed}:00` : typed}+08:00`;
  return typed;
}

function chosen(field, kind, typed, sofar) {
  if (field.type === "radio") return field.checked ? typed : undefined;
  if (field.type !== "checkbox") return typed ? typed.split(/[,，、;；\n]+/).map((word) => word.trim()).filter(Boolean) : undefined;
  if (!field.checked) return undefined;
  return [...(sofar ?? []), kind === "ints" ? Number(typed) : typed];
}

/**
 * Say faults ({field, message}) beside the fields of a form that they are about, and take earlier ones away. Returns
 * the sentences that belong to no field of it.
 */
export function mark(element, faults, { focus = true } = {}) {
  const form = element.closest("form") ?? element;
  for (const old of form.querySelectorAll("[data-fault]")) old.remove();
  for (const field of form.querySelectorAll("[data-faulty]")) restore(field);
  const rest = faults.filter((fault) => !markOne(form, fault)).map(({ message }) => half(message));
  if (focus) form.querySelector("[data-faulty]")?.focus();
  return rest;
}

function markOne(form, { field: path, message }) {
  const name = path.replace(/^batches\[\d+\]\./, "").split(/[.[]/)[0];
  const fields = [...form.querySelectorAll(`[name="${CSS.escape(name)}"], [data-field="${CSS.escape(name)}"]`)];
  const field = fields.find((each) => each.checkVisibility());
  if (!field) return false;
  const place = field.closest(".field, fieldset") ?? field.parentElement;
  const said = document.createElement("p");
  said.className = "field-error";
  said.id = `fault-${name}`;
  said.dataset.fault = name;
  said.textContent = half(message);
  place.append(said);
  place.classList.add("field-wrong");
  field.dataset.faulty = field.getAttribute("aria-describedby") ?? "";
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", `${field.dataset.faulty} ${said.id}`.trim());
  return true;
}

function restore(field) {
  const before = field.dataset.faulty;
  if (before) field.setAttribute("aria-describedby", before);
  else field.removeAttribute("aria-describedby");
  field.removeAttribute("aria-invalid");
  field.closest(".field-wrong")?.classList.remove("field-wrong");
  delete field.dataset.faulty;
}

const CHINESE = /[\u3400-\u9fff]/;

/** The reader's half of what a door says in both languages, "结束早于开始 ends before it starts"; else the usual words. */
export function half(message) {
  const [zh, ...en] = message.split(" ");
  if (!CHINESE.test(zh)) return lang === "en" ? message : t("console.act.field_wrong");
  return lang === "en" && en.length ? en.join(" ") : zh;
}
