// Work that a worker does: [data-poll] names its door and [data-while] the state in which it goes on. The bar inside
// follows `progress` of the answer; when the state changes the page is shown anew.
import { get } from "../js/api.js";

const EVERY_MS = 1_500;

const percent = (progress) => `${Math.floor(progress * 100)}%`;

async function follow(row) {
  const bar = row.querySelector("progress");
  const words = row.querySelector("[data-percent]");
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    const { state, progress } = await get(row.dataset.poll);
    if (state !== row.dataset.while) return;
    if (progress !== undefined) {
      bar.value = progress;
      words.textContent = percent(progress);
    }
  }
}

const rows = [...document.querySelectorAll("[data-poll]")];
if (rows.length) Promise.race(rows.map(follow)).then(() => location.reload(), () => {});
