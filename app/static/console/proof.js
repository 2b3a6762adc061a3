// The second factor in between: a dialog that asks for the six digits. The session that counts as proved comes as a
// cookie from /console/proof; no script ever sees it.
import { t } from "../js/texts.js";

const dialog = document.getElementById("proof");
let settled = () => {};

/** Ask for a code. Resolves to true once it was right, to false where somebody closed the dialog. */
export function proved() {
  return new Promise((resolve) => {
    settled = resolve;
    say("");
    dialog.querySelector("form").reset();
    dialog.showModal();
  });
}

const say = (words) => (dialog.querySelector("[data-proof-said]").textContent = words);

async function send(form) {
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" });
    if (answer.type !== "opaqueredirect") return say(t(answer.status === 401 ? "console.proof.wrong" : "console.proof.later"));
    settled(true);
    dialog.close();
  } catch {
    say(t("common.trouble.no_answer"));
  } finally {
    button.disabled = false;
  }
}

dialog?.addEventListener("close", () => settled(false));
dialog?.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopPropagation();
  send(event.target);
});
