// After a code was sent the next one is a minute away; the button says for how long.
import { t } from "../js/texts.js";

const PAUSE_S = 60;
const button = document.querySelector('[data-send="1"]');

if (button) {
  const words = button.querySelector("span");
  const before = words.textContent;
  const until = Date.now() + PAUSE_S * 1000;
  button.disabled = true;
  const timer = setInterval(() => {
    const seconds = Math.ceil((until - Date.now()) / 1000);
    words.textContent = seconds > 0 ? t("citizen.login.wait", { seconds }) : before;
    if (seconds > 0) return;
    button.disabled = false;
    clearInterval(timer);
  }, 250);
}
