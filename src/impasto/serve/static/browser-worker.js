// Runs the network, away from the page's own thread: onnxruntime-web on WebGPU where there is one, else WebAssembly.
import { mongeKantorovich, colorOf, colorStatistics } from "./color.js";
import { cropped, padded } from "./padding.js";

const VENDOR = new URL("vendor", import.meta.url).href;
// The build for WebGPU lets WebAssembly wait for the graphics card, which not every browser can (JSPI).
const BUILDS = {
  webgpu: { script: `${VENDOR}/ort.jspi.min.mjs`, glue: `${VENDOR}/ort-wasm-simd-threaded.jspi.mjs` },
  wasm: { script: `${VENDOR}/ort.wasm.min.mjs`, glue: `${VENDOR}/ort-wasm-simd-threaded.mjs` },
};

let ort = null;
let facts = null;
const sessions = {};
const learnt = new Map(); // painters of learnt styles by number
let provider = "wasm";

async function start({ backend, wasm, paint, model, threads }) {
  facts = model;
  provider = backend;
  ort = await import(BUILDS[backend].script);
  ort.env.logLevel = "error";
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.wasmPaths = { mjs: BUILDS[backend].glue };
  ort.env.wasm.wasmBinary = wasm;
  sessions.paint = await open(paint);
  return { threads: ort.env.wasm.numThreads };
}

const open = (graph) =>
  ort.InferenceSession.create(new Uint8Array(graph), { executionProviders: [provider], logSeverityLevel: 3 });

async function run(session, feeds) {
  const answer = await session.run(feeds);
  const output = answer[session.outputNames[0]];
  const data = await output.getData();
  output.dispose();
  return data;
}

const lean = (past, now, share) => past.map((value, at) => share * value + (1 - share) * now[at]);

// `past` are the colours of the frames before this one, on which its own lean by `steady`.
async function paint({ pixels, code, painter, past, steady }) {
  const { width, height } = pixels;
  const own = colorStatistics(pixels);
  const color = past
    ? { mean: lean(past.mean, own.mean, steady), covariance: lean(past.covariance, own.covariance, steady) }
    : own;
  const recolor = mongeKantorovich(color, colorOf(code));
  const input = padded(pixels, facts.multiple, facts.minimum);
  const painted = await run(painter ? learnt.get(painter) : sessions.paint, {
    content: new ort.Tensor("uint8", input.data, [1, input.height, input.width, 3]),
    code: new ort.Tensor("float32", code.slice(0, facts.code_size), [1, facts.code_size]),
    recolor: new ort.Tensor("float32", recolor, [1, 3, 4]),
  });
  return { pixels: cropped(painted, input, width, height), color };
}

// The code of a photo itself: `pixels` in its own size for the colours, `small` as the encoder looks at it.
async function encode({ pixels, small, graph }) {
  if (graph) sessions.encode = await open(graph);
  const input = padded(small, 1, 32);
  const learnt = await run(sessions.encode, {
    style: new ort.Tensor("uint8", input.data, [1, input.height, input.width, 3]),
  });
  const { mean, covariance } = colorStatistics(pixels);
  return Float32Array.from([...learnt, ...mean, ...covariance]);
}

async function openPainter({ number, graph }) {
  learnt.set(number, await open(graph));
}

async function closePainter({ number }) {
  await learnt.get(number).release();
  learnt.delete(number);
}

const verbs = { start, paint, encode, open: openPainter, close: closePainter };
// One at a time: a session must not run twice at once.
let last = Promise.resolve();
self.addEventListener("message", ({ data: { id, verb, given } }) => {
  last = last.then(async () => {
    try {
      self.postMessage({ id, answer: await verbs[verb](given) });
    } catch (error) {
      self.postMessage({ id, error: String(error.message ?? error).split("\n")[0] });
    }
  });
});
