// This device becomes a terminal: the owner's pairing text, read by the camera, pasted or typed by a gun.
import { t } from "../js/texts.js";
import { become, calls, forgetTerminal, terminal } from "./device.js";
import { $, facts, onSubmit, refusal, say } from "./dom.js";
import { Camera, hearGun } from "./reader.js";
import { canSign, importKey } from "./signing.js";
import { knock } from "./terminal.js";

const TEXT = /^AKT1\.((?:live|test)_[0-9a-f]+)\.([\w-]+)\.(trm_\w+)$/;
const camera = new Camera($("#camera"), pair);

async function pair(text) {
  say("pair-error", "");
  const found = TEXT.exec(text.trim());
  if (!found) return say("pair-error", t("till.pair.not_one"));
  const [, keyId, secret, terminalId] = found;
  if (!(terminalId in facts.terminals)) return say("pair-error", t("till.pair.foreign"));
  const as = { keyId, terminalId, key: await importKey(secret) };
  const answer = await knock(as);
  if (answer.status !== 200) return say("pair-error", answer.status ? refusal(answer.body).words : t("common.trouble.no_answer"));
  await become(as);
  return location.assign("/till/");
}

async function show() {
  const as = await terminal();
  $("#paired").hidden = !as;
  $("#no-tls").hidden = canSign();
  const known = as && facts.terminals[as.terminalId];
  if (as) say("paired-as", known ? `${known.store} · ${known.name}` : t("till.line.foreign"));
  if (as) say("paired-key", as.keyId);
}

onSubmit($("#pair"), () => pair($("#f-text").value));
$("#camera-on").addEventListener("click", () => camera.start().catch(() => say("pair-error", t("till.scan.no_camera"))));
$("#unpair").addEventListener("click", async () => {
  if ((await calls()).some((call) => !call.outcome)) return say("pair-error", t("till.pair.still_open"));
  await forgetTerminal();
  return location.reload();
});
hearGun({ before: () => 0, restore: () => {}, onCode: pair });
show();
