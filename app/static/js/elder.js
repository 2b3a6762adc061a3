// The large version without a reload; the cookie tells the server the next time (without scripts the link does it all).
const root = document.documentElement;

export const isElder = () => root.hasAttribute("data-elder");

export function setElder(on) {
  root.toggleAttribute("data-elder", on);
  document.cookie = `ankang_elder=${on ? 1 : 0}; path=/; max-age=31536000; samesite=lax`;
  root.dispatchEvent(new CustomEvent("elder", { detail: on }));
}
