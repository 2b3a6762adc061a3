// A sound for each outcome, made here: no file, nothing to load. The cashier can turn it off; words and colour stay.
const TUNES = {
  done: [[660, 0, 0.12], [880, 0.13, 0.22]],
  refused: [[220, 0, 0.18], [180, 0.22, 0.3]],
  unsure: [[440, 0, 0.1], [440, 0.2, 0.1], [440, 0.4, 0.1]],
  read: [[1200, 0, 0.06]],
};
const MUTE = "till-mute";
let context;

export const isMute = () => localStorage.getItem(MUTE) === "1";
export const setMute = (mute) => localStorage.setItem(MUTE, mute ? "1" : "0");

/** Play "done", "refused", "unsure" or "read". */
export function play(name) {
  document.body.dataset.played = name;
  if (isMute() || !globalThis.AudioContext) return;
  context ??= new AudioContext();
  // Browsers begin to sound once the page was touched; before that there is nothing to wait for.
  if (context.state === "suspended") context.resume().catch(() => {});
  for (const [hertz, after, seconds] of TUNES[name]) tone(hertz, context.currentTime + after, seconds);
}

function tone(hertz, at, seconds) {
  const voice = context.createOscillator();
  const loudness = context.createGain();
  voice.frequency.value = hertz;
  voice.type = "triangle";
  loudness.gain.setValueAtTime(0.0001, at);
  loudness.gain.exponentialRampToValueAtTime(0.3, at + 0.015);
  loudness.gain.exponentialRampToValueAtTime(0.0001, at + seconds);
  voice.connect(loudness).connect(context.destination);
  voice.start(at);
  voice.stop(at + seconds);
}
