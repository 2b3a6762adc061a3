// Targeted lists: a file goes to its door as it is; what a worker does is followed, and then the page is shown anew.
import { t } from "../js/texts.js";
import { get } from "../js/api.js";
import { act, say } from "./act.js";

const MOST_BYTES = 16 * 1024 * 1024;
const EVERY_MS = 1_500;
const form = document.getElementById("upload");

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopPropagation();
  const [file] = form.elements.file.files;
  if (!file) return say(form, t("console.lists.no_file"));
  if (file.size > MOST_BYTES) return say(form, t("console.lists.too_large"));
  // the same file sent again is the same wish
  const intent = `list:${form.dataset.door}:${file.name}:${file.size}:${file.lastModified}`;
  return act(form, intent, form.dataset.door, file.slice(0, file.size, "text/csv"));
});

function show(card, { state, rows, checked, good, issued }) {
  const isChecking = state === "checking";
  const [done, all] = isChecking ? [checked, rows] : [issued, good + issued];
  Object.assign(card.querySelector("progress"), { max: all || 1, value: done });
  card.querySelector("[data-words]").textContent = isChecking
    ? t("console.lists.checked", { checked, rows })
    : t("console.lists.issued", { issued, good: all });
}

async function follow(card) {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    const told = await get(card.dataset.list);
    if (told.state !== card.dataset.while) return;
    show(card, told);
  }
}

const cards = [...document.querySelectorAll("[data-list]")];
if (cards.length) Promise.race(cards.map(follow)).then(() => location.reload(), () => {});
