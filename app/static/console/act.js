// What the console's pages do at a JSON door: a form or a button with `data-act` sends its fields there, under a key
// that stays until the answer is final; a refusal is said beside what it is about; where the door wants the second
// factor, it is asked for, and the same is sent again.
import { t } from "../js/texts.js";
import { Refused, write } from "../js/api.js";
import { fieldsOf, mark } from "./fields.js";
import { proved } from "./proof.js";

/**
 * Send `body` to a door for what `intent` names. Afterwards `onDone(answer)`, or the page of `data-next` (its {places}
 * filled from the answer), or this page anew. Returns the answer, null where it was refused and has been said.
 */
export async function act(element, intent, path, body = {}, { method = "POST", onDone } = {}) {
  const pressed = element.tagName === "FORM" ? element.querySelector("button:not([type=button])") ?? element : element;
  if (pressed.getAttribute("aria-busy") === "true") return null;
  pressed.setAttribute("aria-busy", "true");
  say(element, "");
  try {
    const answer = await sent(intent, path, body, method);
    if (answer && onDone) await onDone(answer);
    else if (answer) leave(element, answer.body);
    return answer;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    refused(element, error);
    return null;
  } finally {
    pressed.removeAttribute("aria-busy");
  }
}

async function sent(intent, path, body, method) {
  try {
    return await write(intent, path, body, { method });
  } catch (error) {
    const isAsked = error instanceof Refused && error.code === "totp_required" && error.facts.enrolled;
    if (!isAsked) throw error;
    return (await proved()) ? write(intent, path, body, { method }) : null;
  }
}

function leave(element, body) {
  const { next } = element.dataset;
  if (next) location.assign(next.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(body[name])));
  else location.reload();
}

/** Say a refusal: what is wrong with a field beside it, the rest in the nearest `[data-said]`. */
export function refused(element, error) {
  const rest = mark(element, error.facts.errors ?? []);
  say(element, [error.message, ...rest].join(" · "));
  if (error.code === "totp_required") offerEnrolment(placeOf(element));
}

/** Say something in the nearest `[data-said]`, or where there is none at the edge of the window. */
export function say(element, words) {
  const place = placeOf(element);
  if (place) place.textContent = words;
  else if (words) toast(element, words);
}

function placeOf(element) {
  for (let within = element; within; within = within.parentElement) {
    const found = within.querySelector("[data-said]");
    if (found) return found;
  }
  return null;
}

function offerEnrolment(place) {
  if (!place) return;
  const link = document.createElement("a");
  link.href = "/console/factor";
  link.textContent = t("console.proof.enrol");
  place.append(" ", link);
}

const TOAST_MS = 8_000;

function toast(element, words) {
  const box = document.createElement("p");
  box.className = "toast";
  box.setAttribute("role", "alert");
  (element.closest("dialog") ?? document.body).append(box);
  box.textContent = words;
  setTimeout(() => box.remove(), TOAST_MS);
}

/** Another content is another wish: what distinguishes it, without keeping what was typed. */
function intentOf(element, body) {
  let mixed = 0x811c9dc5;
  for (const character of JSON.stringify(body)) mixed = Math.imul(mixed ^ character.codePointAt(0), 0x01000193);
  return `${element.dataset.intent ?? element.dataset.act}:${(mixed >>> 0).toString(36)}`;
}

/** Send what a form or a button declares. */
export function actBy(element, more = {}) {
  const body = element.tagName === "FORM" ? fieldsOf(element) : {};
  if (body === null) return say(element, t("console.act.wrong"));
  return act(element, intentOf(element, body), element.dataset.act, body, { method: element.dataset.method ?? "POST", ...more });
}

document.addEventListener(
  "submit",
  (event) => {
    if (!event.target.matches("form[data-act]")) return;
    event.preventDefault();
    event.stopPropagation();
    actBy(event.target);
  },
  true,
);

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-act]");
  if (button) actBy(button);
});
