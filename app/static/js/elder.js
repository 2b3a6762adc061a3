// The large version without a reload; the cookie tells the server the next time (without scripts the link does it all).
const root = document.documentElement;

export const isElder = () => root.hasAttribute("data-elder");

export function setElder(on) {
  root.toggleAttribute("data-elder", on);
  // Inside of an app's page the browser keeps such a cookie only; the server makes them so, too (app/pages/cookies.py).
  const isLent = root.dataset.hosts && location.protocol === "https:";
  if (isLent) document.cookie = "ankang_elder=; path=/; max-age=0";
  const where = isLent ? "samesite=none; secure; partitioned" : "samesite=lax";
  document.cookie = `ankang_elder=${on ? 1 : 0}; path=/; max-age=31536000; ${where}`;
  root.dispatchEvent(new CustomEvent("elder", { detail: on }));
}
