// The studio's public REST API, as docs/studio.md describes it. Every failure is an ApiError with one sentence.

export class ApiError extends Error {
  constructor(message, status = 0, retryAfter = null) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter; // seconds
  }
}

const SENTENCES = {
  401: "This studio asks for its token: open the address that the terminal showed when it started.",
  413: "The file is larger than this studio takes.",
  429: "The studio has too much to do.",
  503: "The studio has too much to do.",
};

// The page may stand below a path of a proxy's: every address of the server's is taken from where this file lies.
const BASE = new URL("..", import.meta.url);

/** Where an address that the server gives really is; nothing for nothing. */
export const at = (address) => address && new URL(address.replace(/^\//, ""), BASE).href;

const placedStyle = (style) => ({ ...style, thumbnail: at(style.thumbnail) });
const placedJob = (one) => ({ ...one, preview: at(one.preview), result: at(one.result) });

async function request(path, options = {}) {
  let response;
  try {
    response = await fetch(at(path), options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError("The studio does not answer. Is it still running?");
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  const sentence = response.status === 401 ? SENTENCES[401] : (body.error ?? SENTENCES[response.status]);
  const retryAfter = Number(response.headers.get("Retry-After")) || null;
  throw new ApiError(sentence ?? `The studio answered with status ${response.status}.`, response.status, retryAfter);
}

const json = async (path, options) => (await request(path, options)).json();

/** A multipart form of fields; a list repeats its field, null and undefined are left out. */
export function formOf(fields) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one === null || one === undefined) continue;
      if (one instanceof Blob) form.append(name, one, one.name ?? name);
      else form.append(name, String(one));
    }
  }
  return form;
}

export const listStyles = async () => (await json("/v1/styles")).styles.map(placedStyle);

export const addStyle = async (picture, name) =>
  placedStyle(await json("/v1/styles", { method: "POST", body: formOf({ picture, name }) }));

export const removeStyle = (name) => request(`/v1/styles/${encodeURIComponent(name)}`, { method: "DELETE" });

/** A style's code: the learnt numbers, then 12 of colour. */
export const styleCode = async (name) => (await json(`/v1/styles/${encodeURIComponent(name)}/code`)).code;

/** The painted picture as a blob. */
export const stylize = async (fields, signal) =>
  (await request("/v1/stylize", { method: "POST", body: formOf(fields), signal })).blob();

export const createJob = async (fields) => placedJob(await json("/v1/jobs", { method: "POST", body: formOf(fields) }));

/** The jobs of this client, newest first. */
export const listJobs = async () => (await json("/v1/jobs")).jobs.map(placedJob);

export const job = async (id) => placedJob(await json(`/v1/jobs/${id}`));

export const endJob = (id) => request(`/v1/jobs/${id}`, { method: "DELETE" });

export const modelFacts = () => json("/v1/models/default");

/** The bytes of a file, telling progress(share) as they arrive; gzip is undone whoever did not undo it before. */
export async function download(path, progress = () => {}) {
  const response = await request(path);
  const total = Number(response.headers.get("Content-Length")) || 0;
  const encoded = response.headers.get("Content-Encoding");
  const parts = [];
  let received = 0;
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    received += value.length;
    // Of an encoded answer the length is that before decoding; the share is then only roughly right.
    if (total) progress(Math.min(1, received / (encoded ? total * 3.8 : total)));
  }
  const blob = new Blob(parts);
  const [first, second] = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  if (first !== 0x1f || second !== 0x8b) return blob.arrayBuffer();
  return new Response(blob.stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

const ENDED = ["done", "failed", "cancelled"];
const ANSWERLESS_MS = 5000; // between two looks at a job whose events do not come

export const hasEnded = (one) => ENDED.includes(one.state);

/**
 * Follow a job until it has ended, calling changed(job) at each step, gone() if there is no such job any more, and
 * silent(sentence) while the studio does not tell. Returns a function that stops following.
 */
export function followJob(id, { changed, gone, silent }) {
  let events = null;
  let timer = 0;
  let stopped = false;
  const stop = () => {
    stopped = true;
    clearTimeout(timer);
    events?.close();
  };
  const told = (one) => {
    if (stopped) return;
    if (hasEnded(one)) stop();
    changed(one);
  };
  const lost = () => {
    if (stopped) return;
    stop();
    gone();
  };
  // A studio that is started anew at the same address knows its jobs, so the page waits for it.
  const look = async () => {
    try {
      told(await job(id));
      if (!stopped) listen();
    } catch (error) {
      if (error.status === 404) return lost();
      if (stopped) return;
      silent(error.message);
      timer = setTimeout(look, ANSWERLESS_MS);
    }
  };
  const listen = () => {
    events = new EventSource(at(`/v1/jobs/${id}/events`));
    events.addEventListener("job", (event) => told(placedJob(JSON.parse(event.data))));
    events.addEventListener("gone", lost);
    // Looking tells apart what a browser hides: a studio that is away, too many that follow, a token that is missing.
    events.addEventListener("error", () => {
      events.close();
      if (!stopped) timer = setTimeout(look, 1000);
    });
  };
  listen();
  return stop;
}

/** The address of the live WebSocket. */
export const liveAddress = () => at("/v1/live").replace(/^http/, "ws");
