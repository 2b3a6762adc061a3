// What every page does: dialogs that open and close, forms that are sent once, the large version without a reload.
import { isElder, setElder } from "./elder.js";
import { t } from "./texts.js";

document.addEventListener("click", (event) => {
  const { target } = event;
  const opener = target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens).showModal();
  if (target.closest("[data-closes]")) target.closest("dialog").close();
  const elder = target.closest("[data-elder-switch]");
  if (elder) {
    event.preventDefault();
    setElder(!isElder());
    elder.querySelector("span").textContent = t(isElder() ? "common.elder.off" : "common.elder.on");
  }
});

document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "1";
  event.submitter?.setAttribute("aria-busy", "true");
});

// A page that comes back from the browser's memory was left in the middle of being sent.
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
  for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
});
