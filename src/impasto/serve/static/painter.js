// From state to picture: a preview at once and as often as can be, the full picture when all is quiet. Where the full
// picture is quick enough, it is its own preview.
import { tellError } from "./messages.js";
import { paintOnServer } from "./server-painter.js";
import { mixture, state, subscribe, update } from "./state.js";

export const PREVIEW = 512; // pixels of the long side
const QUIET_MS = 280; // after the last change the full picture is asked for
const QUICK_MS = 450; // a full picture that comes as soon as this needs no preview
const PATIENCE_MS = 1500; // an older preview that takes longer is called off for a newer one

let version = 0; // of the state; an answer to an older one is never shown over a newer one's
let shown = 0;
let preview = null; // {controller, began} of the preview under way
let previewWanted = false;
let fullWanted = false; // it waits for the preview under way, which is sooner there alone
let full = null; // the controller of the full picture under way
let quiet = 0; // the timer of the full picture, 0 when it is not waited for
let browserPainter = null;
let took = { of: "", ms: Infinity }; // the last full picture: what makes it quick or slow, and how long it took
const busyListeners = [];

/** Be told whether anything is being painted. */
export const onBusy = (listener) => busyListeners.push(listener);

const tellBusy = () => busyListeners.forEach((listener) => listener(Boolean(quiet || preview || fullWanted || full)));

/** What to paint now, or null if there is nothing to paint. */
export function paintRequest(long, format = "jpeg") {
  const { photo, look, mask, feather } = state;
  const styles = mixture();
  return photo && styles.length ? { photo, long, look, mixture: styles, mask, feather, format } : null;
}

const costOf = ({ photo, look, inBrowser }) => `${photo.id} ${look.size} ${look.stroke < 1} ${inBrowser}`;
const isQuick = () => took.of === costOf(state) && took.ms <= QUICK_MS;

/** Paint by whoever is to paint: the server, or this browser. */
export async function paint(request, signal) {
  if (!state.inBrowser) return paintOnServer(request, signal);
  browserPainter ??= await import("./browser-painter.js");
  return browserPainter.paintHere(request, signal);
}

function begin() {
  version += 1;
  clearTimeout(quiet);
  quiet = 0;
  fullWanted = false;
  full?.abort();
  full = null;
  if (state.recalled || !paintRequest(null)) {
    shown = version;
    preview?.controller.abort();
    preview = null;
    previewWanted = false;
    tellBusy();
    return;
  }
  const { photo, look } = state;
  const small = Math.min(photo.long, look.size ?? Infinity) <= PREVIEW;
  if (!small) askPreview();
  if (small || !isQuick()) quiet = setTimeout(askFull, small ? 40 : QUIET_MS);
  tellBusy();
}

// One preview at a time, then the newest: calling off every older one would show nothing while a slider moves.
async function askPreview() {
  if (preview) {
    previewWanted = true;
    if (performance.now() - preview.began > PATIENCE_MS) preview.controller.abort();
    return;
  }
  previewWanted = false;
  const mine = { controller: new AbortController(), began: performance.now() };
  preview = mine;
  const exact = isQuick();
  await answer(exact ? state.look.size : PREVIEW, mine.controller.signal, !exact);
  if (preview === mine) preview = null;
  if (previewWanted) {
    askPreview();
    if (!quiet && !isQuick()) fullWanted = true; // it was quick when begin() looked
  } else if (fullWanted) askFull();
  tellBusy();
}

async function askFull() {
  quiet = 0;
  fullWanted = Boolean(preview);
  if (fullWanted) return;
  const mine = new AbortController();
  full = mine;
  tellBusy();
  await answer(state.look.size, mine.signal, false);
  if (full === mine) full = null;
  tellBusy();
}

async function answer(long, signal, isPreview, retries = 1) {
  const asked = version;
  const request = paintRequest(long);
  if (!request) return;
  const [began, cost] = [performance.now(), costOf(state)];
  try {
    const blob = await paint(request, signal);
    if (!isPreview) took = { of: cost, ms: performance.now() - began };
    if (signal.aborted || asked < shown || request.photo !== state.photo) return;
    if (isPreview && asked === shown && state.result && !state.result.preview) return;
    shown = asked;
    const [width, height] = request.photo.sizeAt(long);
    const preview = isPreview || asked < version; // what is older than the state is passed through, too
    update({ result: { blob, url: URL.createObjectURL(blob), width, height, preview } });
  } catch (error) {
    if (error.retryAfter && isPreview) return; // the full picture comes next, and waits
    if (error.retryAfter && retries && asked === version) {
      await new Promise((resolve) => setTimeout(resolve, 1000 * Math.min(error.retryAfter, 10)));
      if (asked === version) await answer(long, signal, isPreview, retries - 1);
    } else if (!isPreview || error.status >= 400) {
      if (asked === version) tellError(error, { label: "Try again", run: begin });
    }
  }
}

/** Paint whenever something changes that the picture depends on. */
export function startPainter() {
  subscribe(["photo", "chosen", "look", "mask", "feather", "inBrowser"], begin);
}
