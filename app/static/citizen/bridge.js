// What an app is told that shows these pages in a frame of its own, and what it may ask for (docs/pages.md). Only the
// apps that the platform's setting names are spoken to; nothing that is said tells about a person, and never a code.
import { isElder, setElder } from "../js/elder.js";
import { lang } from "../js/texts.js";

const VERSION = 1;
const HOME = "/c/";
const hosts = document.documentElement.dataset.hosts.split(" ");
const pass = document.getElementById("pass");
let isShown = false;

// Where the browser tells who the host is, nobody else is tried; elsewhere it delivers to the exact origin or to nobody.
const [host] = location.ancestorOrigins ?? [];
const heard = host ? hosts.filter((each) => each === host) : hosts;

function say(type, more = {}) {
  for (const origin of heard) parent.postMessage({ ankang: VERSION, type, ...more }, origin);
}

/** The tab's name where the page has one: the title of a voucher's page would tell what somebody holds. */
const title = () => document.querySelector(".tab[aria-current]")?.textContent.trim() ?? document.title;

/** Said once each time: the host raises the brightness, and lowers it again. */
function tellOfCode(isThere) {
  if (isThere === isShown) return;
  isShown = isThere;
  say(isShown ? "code-shown" : "code-hidden");
}

const isOnScreen = () => !document.hidden && ["live", "offline"].includes(pass.dataset.state);

function watchCode() {
  const look = () => tellOfCode(isOnScreen());
  new MutationObserver(look).observe(pass, { attributeFilter: ["data-state"] });
  document.addEventListener("visibilitychange", look);
  addEventListener("pageshow", look);
  addEventListener("pagehide", () => tellOfCode(false));
  look();
}

// Back within these pages: the browser's own history is the host's, too.
function goBack() {
  const link = document.querySelector("a.back");
  if (link) link.click();
  else if (location.pathname !== HOME) location.assign(HOME);
}

function speak(wanted) {
  const here = new URL(location.href);
  here.searchParams.set("lang", wanted);
  location.replace(here);
}

// The switch changes its own words, too; a page that says why something was refused has none.
function resize(isWanted) {
  const button = document.querySelector("[data-elder-switch]");
  if (button) button.click();
  else setElder(isWanted);
}

function obey(wish) {
  if (typeof wish.elder === "boolean" && wish.elder !== isElder()) resize(wish.elder);
  if (wish.back === true) goBack();
  else if (["zh", "en"].includes(wish.lang) && wish.lang !== lang) speak(wish.lang);
}

if (parent !== window) {
  addEventListener("message", ({ source, origin, data }) => {
    if (source === parent && hosts.includes(origin) && data?.ankang === VERSION) obey(data);
  });
  document.addEventListener("claimed", () => say("claimed"));
  document.addEventListener("needs-login", () => say("needs-login"));
  say("ready", { lang, elder: isElder(), home: location.pathname === HOME });
  say("title", { title: title() });
  if (document.querySelector("[data-login]")) say("needs-login");
  if (pass) watchCode();
}
