// What this device keeps, in IndexedDB: which terminal it is, with a key nobody can read, and the calls that have no
// final answer yet. It outlives reloads and power cuts.
const NAME = "ankang-till";
let opening;

const whole = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

function database() {
  if (!opening) {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("terminal");
      request.result.createObjectStore("calls", { keyPath: "key" });
    };
    opening = whole(request);
  }
  return opening;
}

async function store(name, mode, act) {
  const transaction = (await database()).transaction(name, mode);
  return whole(act(transaction.objectStore(name)));
}

/** {keyId, terminalId, key} of the terminal that this device is, undefined before it is paired. */
export const terminal = () => store("terminal", "readonly", (kept) => kept.get("this"));

/** Become this terminal. */
export const become = (paired) => store("terminal", "readwrite", (kept) => kept.put(paired, "this"));

/** Be none any more; calls without a final answer stay. */
export const forgetTerminal = () => store("terminal", "readwrite", (kept) => kept.delete("this"));

/** Write a call down before it is sent: {key, what, body, orderNo, fen, at}; the key names it. */
export const begin = (call) => store("calls", "readwrite", (kept) => kept.put(call));

/** It has its final answer, or the cashier has read it. */
export const end = (key) => store("calls", "readwrite", (kept) => kept.delete(key));

/** All that was written down and has not ended, oldest first; those with an `outcome` wait to be read. */
export async function calls() {
  const found = await store("calls", "readonly", (kept) => kept.getAll());
  return found.sort((one, other) => one.at - other.at);
}
