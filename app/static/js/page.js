// What every page does: dialogs that open and close, forms that are sent once, the large version without a reload.
import { isElder, setElder } from "./elder.js";
import { t } from "./texts.js";

const knowsCommands = "commandForElement" in HTMLButtonElement.prototype;

// What newer browsers do by themselves.
function obey(button) {
  const dialog = button && document.getElementById(button.getAttribute("commandfor"));
  if (button?.getAttribute("command") === "show-modal") dialog.showModal();
  if (button?.getAttribute("command") === "close") dialog.close();
}

document.addEventListener("click", (event) => {
  const { target } = event;
  if (!knowsCommands) obey(target.closest("[commandfor]"));
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
