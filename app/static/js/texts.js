// The words of the page's set in the reader's language: t("citizen.login.wait", {seconds: 5}).
// The page's first script, texts/SET.LANG.js, left them; so no module has to wait for an answer.
const texts = globalThis.ankangTexts;

/** The text of a key, its {places} filled. Throws where there is none: a test finds it. */
export function t(key, facts = {}) {
  if (!(key in texts)) throw new Error(`no text: ${key}`);
  return texts[key].replace(/\{(\w+)\}/g, (_, name) => facts[name]);
}

export const lang = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
