// Reading codes: by the camera (zxing, served by us), by a scan gun that types, or typed by hand.
import { $ } from "./dom.js";

const FRAME_MS = 120;
// A gun types faster than anybody; a pause longer than this begins anew.
const GUN_MS = 80;
const SHORTEST = 12;
const OPTIONS = { formats: ["QRCode", "Code128"], maxNumberOfSymbols: 1, tryHarder: true };
let zxing;

/** The reader, loaded when somebody first takes up the camera. */
function reader({ script, wasm }) {
  zxing ??= new Promise((resolve, reject) => {
    const tag = document.createElement("script");
    tag.src = script;
    tag.onload = () => {
      globalThis.ZXingWASM.prepareZXingModule({ overrides: { locateFile: () => wasm } });
      resolve(globalThis.ZXingWASM);
    };
    tag.onerror = reject;
    document.head.append(tag);
  });
  return zxing;
}

/** A camera box: `start` shows the picture and calls `onCode(text)` once for what it reads; `stop` lets the camera go. */
export class Camera {
  constructor(box, onCode) {
    Object.assign(this, { box, onCode, video: $("video", box), running: 0 });
  }

  get isOn() {
    return this.running !== 0;
  }

  /** Throws where there is no camera, or nobody allows it. */
  async start() {
    const run = (this.running = performance.now());
    const wanted = { video: { facingMode: "environment", width: { ideal: 1280 } }, audio: false };
    try {
      const [stream, decoder] = await Promise.all([navigator.mediaDevices.getUserMedia(wanted), reader(this.box.dataset)]);
      if (this.running !== run) return release(stream);
      this.video.srcObject = stream;
      await this.video.play();
      this.box.dataset.on = "";
      this.look(decoder, run);
    } catch (error) {
      this.stop();
      throw error;
    }
    return undefined;
  }

  stop() {
    this.running = 0;
    release(this.video.srcObject);
    this.video.srcObject = null;
    delete this.box.dataset.on;
  }

  async look(decoder, run) {
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d", { willReadFrequently: true });
    while (this.running === run) {
      const [found] = await decoder.readBarcodes(this.frame(canvas, context), OPTIONS);
      if (found?.text && this.running === run) {
        this.stop();
        this.onCode(found.text.trim());
      }
      await new Promise((resolve) => setTimeout(resolve, FRAME_MS));
    }
  }

  frame(canvas, context) {
    const { videoWidth, videoHeight } = this.video;
    canvas.width = videoWidth;
    canvas.height = videoHeight;
    context.drawImage(this.video, 0, 0);
    return context.getImageData(0, 0, videoWidth, videoHeight);
  }
}

const release = (stream) => stream?.getTracks().forEach((track) => track.stop());

/**
 * Hear a scan gun wherever the focus is: a burst of characters and Enter. What the burst typed into a field is taken
 * out again; `before()` gives what to put back, `onCode(text)` gets the text.
 */
export function hearGun({ before, restore, onCode }) {
  let burst = "";
  let last = 0;
  let kept;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const now = event.timeStamp;
    if (now - last > GUN_MS) burst = "";
    last = now;
    if (event.key.length === 1) {
      if (!burst) kept = { field: document.activeElement, value: document.activeElement.value, more: before() };
      burst += event.key;
    } else if (event.key === "Enter" && burst.length >= SHORTEST) {
      event.preventDefault();
      event.stopImmediatePropagation();
      if (kept.value !== undefined) kept.field.value = kept.value;
      restore(kept.more);
      const text = burst;
      burst = "";
      onCode(text);
    }
  }, true);
}
