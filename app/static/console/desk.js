// The agent's desk: each act is one JSON door, and leads to the page where its effect is seen.
import { act } from "./act.js";
import { freshKey } from "../js/api.js";
import { t } from "../js/texts.js";

const DOOR = "/organizer/v1/desk";
const reason = () => ({ reason: t("console.desk.why.lost") });
const go = (path) => location.assign(`/console/desk/${path}`);
const toSheet = { onDone: ({ body }) => go(`sheets/${body.sheet_id}`) };

for (const form of document.querySelectorAll("[data-desk]")) {
  // What is typed may be corrected and sent again as something new; the same visit of another day is a new one, too.
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    const body = Object.fromEntries([...new FormData(form)].map(([name, text]) => [name, text.trim()]));
    const onDone = ({ body: made }) => go(`residents/${made.citizen_id}`);
    act(form.querySelector("button"), `desk:${form.dataset.desk}:${freshKey()}`, `${DOOR}/${form.dataset.desk}`, body, { onDone });
  });
}

function onClick(name, work) {
  for (const button of document.querySelectorAll(`[data-${name}]`)) {
    button.addEventListener("click", () => work(button, button.getAttribute(`data-${name}`)));
  }
}

onClick("desk-claim", (button, batch) => {
  const { resident } = button.dataset;
  act(button, `desk:claim:${resident}:${batch}`, `${DOOR}/residents/${resident}/claims`, { batch_id: batch });
});
onClick("desk-print", (button, voucher) => act(button, `desk:print:${voucher}`, `${DOOR}/sheets`, { voucher_id: voucher }, toSheet));
onClick("desk-reprint", (button, sheet) => act(button, `desk:reprint:${sheet}`, `${DOOR}/sheets/${sheet}/reprints`, reason(), toSheet));
onClick("desk-revoke", (button, sheet) => act(button, `desk:revoke:${sheet}`, `${DOOR}/sheets/${sheet}/revocations`, reason()));

document.getElementById("print")?.addEventListener("click", () => print());
