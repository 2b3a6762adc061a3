// Counting down by the server's clock, once a second on the second, also after the phone slept.
import { countdown, serverNow } from "../js/format.js";

/** Say with `say(words)` how long it is until `at` (epoch ms); then `then()`, once. */
export function countTo(at, say, then) {
  const tick = () => {
    const left = at - serverNow();
    if (left <= 0) return then?.();
    say(countdown(left));
    setTimeout(tick, left % 1000 || 1000);
  };
  tick();
}
