// The model in this browser: loaded once, then it paints pixels without the server.
import { download, modelFacts, styleCode } from "./api.js";
import { mixCodes } from "./color.js";
import { styleField } from "./server-painter.js";
import { state, subscribe } from "./state.js";

const WASM = {
  webgpu: "static/vendor/ort-wasm-simd-threaded.jspi.wasm",
  wasm: "static/vendor/ort-wasm-simd-threaded.wasm",
};
const MOST_THREADS = 4;
const MOST_PAINTERS = 4; // of learnt styles, beside the plain one; each takes some tens of megabytes
const NAMES = { webgpu: "WebGPU", wasm: "WebAssembly" };

let loading = null;
let worker = null;
let facts = null;
let encoderSent = false;
let asked = 0;
const waiting = new Map();
const codes = new Map();
const painters = new Map(); // address of a learnt style's graph → promise of its number; the last used is the last
let painterNumber = 0;

// Whatever a name stood for, it may stand for something else now.
subscribe(["styles"], () => {
  codes.clear();
  for (const address of [...painters.keys()]) close(address);
});

/** How the model runs: {backend, threads}; null until it is loaded. */
export let running = null;

function ask(verb, given, transfer = []) {
  asked += 1;
  const id = asked;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker.postMessage({ id, verb, given }, transfer);
  });
}

function hire() {
  const made = new Worker(new URL("browser-worker.js", import.meta.url), { type: "module" });
  made.addEventListener("message", ({ data: { id, answer, error } }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error) reject(new Error(`The browser cannot run the model: ${error}`));
    else resolve(answer);
  });
  made.addEventListener("error", () => {
    for (const { reject } of waiting.values())
      reject(new Error("The browser cannot run the model: its worker failed to start."));
    waiting.clear();
  });
  return made;
}

// A card that is only pretended by the processor is slower than WebAssembly.
async function hasWebGpu() {
  if (!navigator.gpu || !("Suspending" in WebAssembly)) return false;
  const adapter = await navigator.gpu.requestAdapter().catch(() => null);
  return Boolean(adapter) && !adapter.info.isFallbackAdapter && adapter.info.architecture !== "swiftshader";
}

async function start(backend, tell) {
  worker?.terminate();
  worker = hire();
  const shares = [0, 0];
  const progress = (part) => (share) => {
    shares[part] = share;
    tell(`Loading the model: ${Math.round(50 * (shares[0] + shares[1]))} %`);
  };
  const [wasm, paint] = await Promise.all([
    download(WASM[backend], progress(0)),
    download(facts.files["paint.onnx"], progress(1)),
  ]);
  tell("Starting the model");
  // Threads share memory, which browsers allow only to pages that are isolated from others.
  const threads = self.crossOriginIsolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency) : 1;
  const answer = await ask("start", { backend, wasm, paint, model: facts, threads }, [wasm, paint]);
  running = { backend, name: NAMES[backend], threads: answer.threads };
}

async function load(tell) {
  facts = await modelFacts();
  painters.clear(); // which went with the worker
  encoderSent = false;
  if (await hasWebGpu()) {
    try {
      return await start("webgpu", tell);
    } catch {
      // A driver that cannot is no reason to give up.
    }
  }
  await start("wasm", tell);
}

/** Load the model unless it is there; tell(sentence) says how far it is. */
export function loadModel(tell = () => {}) {
  loading ??= load(tell).catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

/** Whether the browser can mix a photo's own code in, as a strength below 1 wants it. */
export const canEncode = () => Boolean(facts?.files["encode_style.onnx"]);

function close(address) {
  const painter = painters.get(address);
  painters.delete(address);
  painter.then((number) => ask("close", { number })).catch(() => {}); // it was never opened
}

/** The number of the painter with a graph, which is loaded unless it is there. */
function painterOf(address) {
  const open = async () => {
    painterNumber += 1;
    const number = painterNumber;
    const graph = await download(address);
    await ask("open", { number, graph }, [graph]);
    return number;
  };
  const painter = painters.get(address) ?? open();
  painters.delete(address);
  painters.set(address, painter);
  painter.catch(() => painters.get(address) === painter && painters.delete(address));
  if (painters.size > MOST_PAINTERS) close(painters.keys().next().value);
  return painter;
}

/** What a mixture of styles, [[name, weight], ...], is painted with: {code, graph}, ready to be used. */
export async function styleOf(mixture) {
  const learnt = mixture.some(([name]) => state.styles.some((style) => style.name === name && style.learnt));
  const query = new URLSearchParams(styleField(mixture).map((one) => ["style", one]));
  const graph = learnt ? `${facts.files["paint.onnx"]}?${query}` : null;
  const [code] = await Promise.all([codeOf(mixture), graph && painterOf(graph)]);
  return { code, graph };
}

/** The code of a mixture of styles. */
async function codeOf(mixture) {
  const parts = await Promise.all(
    mixture.map(async ([name, weight]) => {
      if (!codes.has(name)) codes.set(name, styleCode(name));
      try {
        return [await codes.get(name), weight];
      } catch (error) {
        codes.delete(name);
        throw error;
      }
    }),
  );
  return mixCodes(parts);
}

/** The code of a photo itself. */
export async function encode(source, pixels) {
  const graph = encoderSent ? null : await download(facts.files["encode_style.onnx"]);
  encoderSent = true;
  const side = facts.style_size ?? 384;
  const reference =
    (facts.style_side ?? "short") === "short"
      ? Math.min(pixels.width, pixels.height)
      : Math.max(pixels.width, pixels.height);
  const [width, height] = [pixels.width, pixels.height].map((one) => Math.max(1, Math.round((one * side) / reference)));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(source, 0, 0, width, height);
  return ask("encode", { pixels, small: context.getImageData(0, 0, width, height), graph });
}

/**
 * Paint pixels (ImageData) with a style: {pixels, color}, where color are the statistics that were painted with.
 * Of a film, `past` are those of the frame before, on which this one's lean by the share `steady`.
 */
export async function paintPixels(pixels, { code, graph }, past = null, steady = 0) {
  const painter = graph && (await painterOf(graph));
  return ask("paint", { pixels, code, painter, past, steady });
}
