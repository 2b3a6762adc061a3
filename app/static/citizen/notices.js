// Notices: what has been on the screen is read; the language in which they come is chosen.
import { Refused, write } from "../js/api.js";

const list = document.getElementById("notices");
const choice = document.getElementById("f-language");
const trouble = document.getElementById("trouble");

// The marks stay until the page is opened anew: who looks wants to see what is new.
if (list?.dataset.newest) {
  const upto = list.dataset.newest;
  write(`notices:read:${upto}`, "/api/v1/notices/read", { upto }).catch(() => {}); // the next visit does it
}

choice.addEventListener("change", async () => {
  trouble.hidden = true;
  choice.setAttribute("aria-busy", "true");
  try {
    await write(`notices:language:${choice.value}`, "/api/v1/language", { language: choice.value });
    location.reload();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    trouble.querySelector("p").textContent = error.message;
    trouble.hidden = false;
    choice.removeAttribute("aria-busy");
  }
});
