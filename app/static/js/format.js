// Money, instants and the server's clock. app/pages/formats.py is the twin.
const SHANGHAI_MS = 8 * 3600 * 1000;
const loaded = Number(document.documentElement.dataset.now);
let offset = loaded - Date.now();

/** The server's time in epoch ms, as far as this page knows it. The phone's own clock plays no part. */
export const serverNow = () => Date.now() + offset;

/** Learn it anew from a `server_time` of an answer that took `tookMs` to arrive. */
export function learnServerTime(iso, tookMs = 0) {
  offset = Date.parse(iso) + tookMs / 2 - Date.now();
}

/** 123456 fen are "1,234.56". */
export function yuan(fen) {
  const [whole, cents] = (Math.abs(fen) / 100).toFixed(2).split(".");
  return `${fen < 0 ? "-" : ""}${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${cents}`;
}

/** What somebody typed as yuan, in fen; null where it is no amount. No floating point on the way. */
export function fen(typed) {
  const found = /^(\d{1,9})(?:[.。](\d{1,2}))?$/.exec(typed.trim());
  return found && Number(found[1]) * 100 + Number((found[2] ?? "").padEnd(2, "0"));
}

const local = (at) => new Date((typeof at === "string" ? Date.parse(at) : at) + SHANGHAI_MS).toISOString();

/** "2026-11-26 10:00" in Shanghai. */
export const moment = (at) => local(at).slice(0, 16).replace("T", " ");
export const day = (at) => local(at).slice(0, 10);
export const clockTime = (at) => local(at).slice(11, 19);

/** 3723000 ms are "01:02:03"; rounds up, so that zero means now. */
export function countdown(ms) {
  const left = Math.max(0, Math.ceil(ms / 1000));
  const parts = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}
