// The ID number is checked while it is typed (GB 11643), so that nobody finds out only after sending.
import { t } from "../js/texts.js";

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const field = document.getElementById("f-id_number");

/** Whether the last of the 18 characters follows from the others. */
export function agrees(number) {
  if (!/^\d{17}[\dX]$/.test(number)) return false;
  const sum = WEIGHTS.reduce((total, weight, place) => total + weight * Number(number[place]), 0);
  return "10X98765432"[sum % 11] === number[17];
}

field.addEventListener("input", () => {
  const typed = field.value.replace(/\s/g, "").toUpperCase();
  const isWrong = typed.length === 18 && !agrees(typed);
  field.setCustomValidity(isWrong ? t("citizen.apply.id_wrong") : "");
  if (isWrong) field.reportValidity();
});
