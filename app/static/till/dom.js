// Small helpers for pages that are put together from the <template>s of their HTML: words and icons stand there.
import { t, lang } from "../js/texts.js";
import { yuan } from "../js/format.js";

export const $ = (selector, within = document) => within.querySelector(selector);
export const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

/** A copy of a template's only element, its [data-slot]s filled with these texts; a slot without a text is taken out. */
export function made(template, slots = {}) {
  const copy = document.getElementById(template).content.firstElementChild.cloneNode(true);
  for (const slot of $$("[data-slot]", copy)) {
    const text = slots[slot.dataset.slot];
    if (text === undefined || text === null || text === "") slot.remove();
    else slot.textContent = text;
  }
  return copy;
}

/** Write into the [data-say] of this name. */
export function say(name, text, within = document) {
  for (const place of $$(`[data-say="${name}"]`, within)) place.textContent = text;
}

/** "¥128.00" */
export const money = (fen) => `${fen < 0 ? "-" : ""}¥${yuan(Math.abs(fen))}`;

const read = () => JSON.parse($("#till-facts")?.textContent ?? "{}");
/** What the server told this page: {terminals, merchant, refusals, …}. */
export const facts = read();

/** What the cashier is told of a refusal: its words, what to do, and its code. */
export function refusal(body) {
  const [words, todo] = facts.refusals?.[body.code] ?? [body.message ?? t("till.trouble.unknown"), ""];
  return { words, todo, code: body.code };
}

/** The half of a sentence of the API that says both languages ("满100元减20元。 CNY 20 off."). */
export function half(sentence) {
  const [zh, en] = sentence.split(/(?<=。) /);
  return lang === "en" && en ? en : zh;
}

/** Keep a button from being pressed twice while `work` runs, and show that it does. */
export async function busy(button, work) {
  button.setAttribute("aria-busy", "true");
  button.disabled = true;
  try {
    return await work();
  } finally {
    button.removeAttribute("aria-busy");
    button.disabled = false;
  }
}

/** What a form does when it is sent: `work(form)`, with its button busy meanwhile. */
export function onSubmit(form, work) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    busy(event.submitter ?? $("button[type=submit]", form), () => work(form));
  });
}
