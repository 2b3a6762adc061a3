// Forms of the shop's office: <form data-writes="/merchant/v1/…"> sends its fields to that door as JSON, under a key
// that stays until the answer is final, and then shows the page anew. `data-fen` and `data-flag` on a field say what it is.
import { t } from "../js/texts.js";
import { fen } from "../js/format.js";
import { Refused, freshKey, write } from "../js/api.js";
import { $, $$, onSubmit, refusal } from "./dom.js";

const wishes = new WeakMap();

/** The fields as the door takes them. Throws Refused with the field's name where an amount is none. */
export function fields(form) {
  const body = {};
  for (const field of $$("[name]", form)) {
    if (field.dataset.flag !== undefined) body[field.name] = field.checked;
    else if (field.dataset.fen !== undefined) body[field.name] = amount(field);
    else if (field.value.trim() || field.required) body[field.name] = field.value.trim();
  }
  return body;
}

function amount(field) {
  if (!field.value.trim() && !field.required) return null;
  const found = fen(field.value);
  if (found === null) throw new Refused({ code: "amount_invalid", status: 400, facts: { errors: [{ field: field.name }] } });
  return found;
}

/** Send a form. The same content sent again is the same wish; another content is another. Throws Refused. */
export async function send(form, body = fields(form)) {
  const content = JSON.stringify(body);
  if (wishes.get(form)?.content !== content) wishes.set(form, { content, intent: `form:${freshKey()}` });
  return write(wishes.get(form).intent, form.dataset.writes, body, { method: form.dataset.method ?? "POST" });
}

/** Say beside the form what was refused. */
export function refusedBy(form, error) {
  if (!(error instanceof Refused)) throw error;
  const wrong = (error.facts.errors ?? []).map(({ field }) => field.split(".")[0]);
  for (const field of $$("[name]", form)) {
    if (wrong.includes(field.name)) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
  const place = $("[data-said]", form);
  place.textContent = wrong.length ? t("till.form.wrong") : refusal({ code: error.code, message: error.message }).words;
  $("[aria-invalid]", form)?.focus();
}

for (const form of $$("form[data-writes]:not([data-own])")) {
  onSubmit(form, async () => {
    try {
      await send(form);
      if (form.dataset.to) location.assign(form.dataset.to);
      else location.reload();
    } catch (error) {
      refusedBy(form, error);
    }
  });
}
