// Home: what is still to come counts down; what has begun is shown as the server sees it then.
import { countTo } from "./countdown.js";
import { t } from "../js/texts.js";

const SOON_MS = 48 * 3600 * 1000;
const MOST_APART_MS = 1500; // not everybody asks again in the same instant

for (const place of document.querySelectorAll("[data-counts-to]")) {
  const at = Number(place.dataset.countsTo);
  if (at - Date.now() > SOON_MS) continue;
  countTo(at, (left) => { place.textContent = t("citizen.offer.in", { left }); }, () => {
    setTimeout(() => location.reload(), Math.random() * MOST_APART_MS);
  });
}
