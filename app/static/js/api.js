// The JSON doors, called with the page's cookie. A write has a key of its own, kept until its answer is final, so that
// pressing again, reloading or a lost reply never does it twice.
import { lang, t } from "./texts.js";
import { learnServerTime } from "./format.js";

const TRIES = 5;
const PATIENCE_MS = 15_000;

/** What a door refused, or `no_answer`. `isFinal`: nothing will change it under this key. */
export class Refused extends Error {
  constructor({ code, message = code, retryable = false, status = 0, facts = {} }) {
    super(message);
    Object.assign(this, { code, status, facts, isFinal: status !== 0 && !retryable });
  }
}

/** GET; returns the body. Throws Refused. */
export const get = (path) => send("GET", path);

/** A write that takes no key (a display, a quote, a lint). Throws Refused. */
export const post = (path, body = {}) => send("POST", path, body);

/**
 * A write with a key. `intent` names what the person wants ("claim:bat_…"): the key of an intent is made once and kept,
 * across reloads too, until the answer is final. A Blob goes as it is. Returns {body, status, replayed}. Throws Refused.
 */
export async function write(intent, path, body = {}, { method = "POST", onWait } = {}) {
  const key = keyOf(intent);
  try {
    const answer = await sendFully(method, path, body, { "Idempotency-Key": key }, onWait);
    forget(intent);
    return answer;
  } catch (error) {
    if (error instanceof Refused && error.isFinal) forget(intent);
    throw error;
  }
}

/** Give an intent up: the next write of it is a new one. Only after its fate is known. */
export const forget = (intent) => localStorage.removeItem(`key:${intent}`);

function keyOf(intent) {
  const kept = localStorage.getItem(`key:${intent}`) ?? freshKey();
  localStorage.setItem(`key:${intent}`, kept);
  return kept;
}

/** 128 random bits; `crypto.randomUUID` is missing where the page came without TLS. */
export function freshKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function send(method, path, body) {
  return (await sendFully(method, path, body, {})).body;
}

async function sendFully(method, path, body, headers, onWait) {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await once(method, path, body, headers);
    if (answer.ok) return answer;
    const waits = answer.status === 0 || answer.status === 429 || answer.status >= 500;
    if (!waits || attempt === TRIES) throw refusedBy(answer);
    const seconds = Number(answer.retryAfter) || Math.min(8, 0.5 * 2 ** attempt);
    onWait?.(attempt, seconds);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000 * (1 + Math.random() / 2)));
  }
}

async function once(method, path, body, headers) {
  const began = performance.now();
  const isFile = body instanceof Blob;
  const type = body === undefined ? {} : { "Content-Type": isFile ? body.type : "application/json" };
  try {
    const response = await fetch(path, {
      method,
      headers: { ...type, ...headers },
      body: body === undefined || isFile ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const told = await response.json();
    if (told.server_time) learnServerTime(told.server_time, performance.now() - began);
    const { ok, status } = response;
    return { ok, status, body: told, replayed: response.headers.has("Idempotent-Replayed"), retryAfter: response.headers.get("Retry-After") };
  } catch {
    return { ok: false, status: 0, body: { code: "no_answer", message: t("common.trouble.no_answer") } };
  }
}

function refusedBy({ status, body }) {
  if (status === 401) document.dispatchEvent(new Event("needs-login"));
  const { code = "no_answer", message, title, retryable, ...facts } = body;
  // A door says both languages in one line, the title being the English half.
  const said = lang === "en" && title ? title : message?.replace(` ${title}`, "");
  return new Refused({ code, message: said, retryable, status, facts });
}
