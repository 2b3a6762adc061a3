// A till of /merchant/v1, as merchant_api/client/till.py is one: every request signed, a write's key kept until the
// answer is final, and what is under way written down before it is sent.
import { freshKey } from "../js/api.js";
import { learnServerTime, serverNow } from "../js/format.js";
import { begin, end, terminal } from "./device.js";
import { signed } from "./signing.js";

const DOOR = "/merchant/v1/";
const ATTEMPT_MS = 8_000;
const LONGEST_WAIT_MS = 5_000;
// These refusals tell that this terminal was not let in, not what became of the call.
const NOT_LET_IN = [
  "signature_missing", "signature_invalid", "signature_stale", "merchant_suspended", "store_suspended", "terminal_suspended",
];
const working = new Set();

/** Whether an answer can never change: 2xx, or a refusal that the same key cannot overcome. */
const isFinal = ({ status, body }) =>
  status !== 0 && status !== 429 && status < 500 && body.code !== "in_progress" && !body.retryable;
const settles = (answer) => isFinal(answer) && !NOT_LET_IN.includes(answer.body.code);

/** Whether it took effect: 201, or 200 where it is repeated from an earlier request with the same key. */
export const isDone = ({ status }) => status >= 200 && status < 300;

/** A read, or a write that takes no key. Returns {status, body, final}; status 0 where nothing answered. */
export const ask = (method, what, body) => untilFinal(method, what, body, "", 12_000);

/** A write that is lost without harm (a scan): repeated with one key, not written down. */
export const tell = (what, body) => untilFinal("POST", what, body, freshKey(), 20_000);

/**
 * A write that moves money: written down first, {orderNo, fen} with it, and struck out by its final answer.
 * Returns {status, body, final, key}; not final after `patience` ms: it goes on by `resume`.
 */
export async function write(what, body, about, patience = 5_000) {
  const call = { key: freshKey(), what, body, at: serverNow(), ...about };
  await begin(call);
  return resume(call, patience);
}

/** Go on with a call that was written down, under its own key. Undefined while this page already does. */
export async function resume(call, patience = 6_000) {
  if (working.has(call.key)) return undefined;
  working.add(call.key);
  try {
    const answer = await untilFinal("POST", call.what, call.body, call.key, patience);
    if (settles(answer)) await end(call.key);
    return { ...answer, settled: settles(answer), key: call.key };
  } finally {
    working.delete(call.key);
  }
}

/** One signed attempt by a key that this device has not become yet: does the platform know it? */
export const knock = (as) => attempt(as, "GET", `${DOOR}redemptions?limit=1`, "", "");

async function untilFinal(method, what, body, key, patience) {
  const as = await terminal();
  const content = body === undefined ? "" : JSON.stringify(body);
  const giveUpAt = performance.now() + patience;
  for (let tries = 0; ; tries += 1) {
    const answer = await attempt(as, method, DOOR + what, content, key);
    // The till's clock was wrong and is now right: the same request, signed anew.
    if (answer.body.code === "signature_stale" && tries === 0) continue;
    const pause = answer.wait || Math.min(200 * 2 ** tries, LONGEST_WAIT_MS) * (1 + Math.random() / 3);
    if (isFinal(answer) || performance.now() + pause > giveUpAt) return { ...answer, final: isFinal(answer) };
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

async function attempt(as, method, target, body, key) {
  const created = Math.floor(serverNow() / 1000);
  const headers = await signed(
    { method, host: location.host, target, body, key },
    { key: as.key, keyId: as.keyId, created, nonce: freshKey() },
  );
  if (body) headers["Content-Type"] = "application/json";
  const began = performance.now();
  try {
    const response = await fetch(target, {
      method, headers, body: body || undefined, credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(ATTEMPT_MS),
    });
    const told = await response.json();
    if (told.server_time) learnServerTime(told.server_time, performance.now() - began);
    heard(true);
    return { status: response.status, body: told, wait: 1000 * Number(response.headers.get("Retry-After")) };
  } catch {
    heard(false);
    return { status: 0, body: { code: "no_answer" }, wait: 0 };
  }
}

/** Whoever shows the state of the line hears of every attempt, answered or not. */
const heard = (answered) => dispatchEvent(new CustomEvent("line", { detail: answered }));
