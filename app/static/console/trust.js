// A form with `data-door` whose answer is shown once (a key, a secret): `data-reveals` names what is shown of it. The
// page is shown anew when the reader says that it is kept.
import { act, say } from "./act.js";
import { fieldsOf } from "./fields.js";
import { freshKey } from "../js/api.js";
import { t } from "../js/texts.js";

function reveal(names, body) {
  const box = document.getElementById("secret");
  const list = box.querySelector("[data-secret]");
  list.replaceChildren(
    ...names.map((name) => {
      const pair = document.createElement("div");
      const term = document.createElement("dt");
      const code = document.createElement("code");
      const value = document.createElement("dd");
      term.textContent = t(`console.trust.shown.${name}`);
      code.textContent = body[name];
      value.append(code);
      pair.append(term, value);
      return pair;
    }),
  );
  for (const open of document.querySelectorAll("dialog[open]")) open.close();
  box.addEventListener("close", () => location.reload(), { once: true });
  box.showModal();
}

// Each page asks for something new; what was lost on the way is asked for again under the key of this page.
const visit = freshKey();

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!form.matches("form[data-door]")) return;
    event.preventDefault();
    event.stopPropagation();
    const body = fieldsOf(form);
    if (body === null) return say(form, t("console.act.wrong"));
    const names = form.dataset.reveals.split(" ");
    act(form, `${form.dataset.intent}:${visit}`, form.dataset.door, body, { onDone: (answer) => reveal(names, answer.body) });
  },
  true,
);

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-known]")) document.getElementById("secret").close();
  if (event.target.closest("[data-prints]")) print();
});
