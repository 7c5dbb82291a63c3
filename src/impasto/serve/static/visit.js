// The visit is kept in this browser: a page that is loaded anew has everything on the easel that was there.
import { addStyle } from "./api.js";
import { address, readAddress } from "./address.js";
import { tell, tellError } from "./messages.js";
import { decode } from "./photo.js";
import { DEFAULT_LOOK, putBack, state, subscribe, update } from "./state.js";
import { allOf, drop, keep, kept, keysOf } from "./store.js";

const SETTLED_MS = 400; // the address has settled by then
const photos = new Map(); // id -> promise of the photo

let timer = 0;

/** What of a painted picture can be kept. */
export const keptResult = ({ blob, width, height, slow }) => ({ blob, width, height, slow });

/** A painted picture that was kept, ready to be shown. */
export const shownResult = (one) => one && { ...one, url: URL.createObjectURL(one.blob), preview: false };

/** A photo that was kept; null if it is there no more. */
export function photoOf(id) {
  if (state.photo?.id === id) return Promise.resolve(state.photo);
  if (!photos.has(id)) {
    const opened = kept("photos", id).then(async (file) => {
      const photo = file ? await decode(file).catch(() => null) : null;
      return photo && Object.assign(photo, { id });
    });
    photos.set(id, opened);
  }
  return photos.get(id);
}

async function keepPhoto() {
  const { photo } = state;
  if (!photo) return;
  photos.set(photo.id, Promise.resolve(photo));
  await keep("photos", photo.id, photo.file);
  const used = new Set([photo.id, state.photo?.id, ...(await allOf("history")).map(([, entry]) => entry.photo)]);
  for (const [, job] of await allOf("jobs")) used.add(job.photo);
  for (const id of await keysOf("photos")) if (!used.has(id)) await drop("photos", id);
}

function keepEasel() {
  timer = 0;
  const { photo, chosen, look, mask, feather } = state;
  const behind = location.hash === address() ? null : location.hash;
  keep("easel", "now", { photo: photo?.id ?? null, chosen, look, mask: mask?.blob ?? null, feather, behind });
}

/** Keep the easel once it has settled, or when the page goes. */
export function keepSoon() {
  clearTimeout(timer);
  timer = setTimeout(keepEasel, SETTLED_MS);
}

/** What the last page left, before the styles are known: the mode, the look, and who paints. */
export async function restoreSettings() {
  const [before, inBrowser] = await Promise.all([kept("easel", "now"), kept("easel", "in browser")]);
  const { chosen = [], look = {}, feather = state.feather } = before ?? {};
  const said = readAddress(location.hash);
  if (before?.behind === location.hash) {
    // The page went before its last change had reached the address.
    delete said.chosen;
    delete said.look;
  }
  update({
    chosen,
    look: { ...DEFAULT_LOOK, ...look },
    feather,
    inBrowser: Boolean(inBrowser),
    ...said,
    mode: "photo",
  });
  return { before, mode: said.mode ?? "photo" };
}

/** Photo, mask and painting, once the styles are known. */
export async function restoreEasel(before) {
  const photo = before?.photo && (await photoOf(before.photo));
  if (!photo || state.photo) return; // another one has been chosen meanwhile
  const painted = await kept("easel", "result");
  const same =
    painted?.photo === before.photo && painted.of === JSON.stringify([state.chosen, state.look, before.feather]);
  const mask = before.mask && { blob: before.mask };
  putBack({
    photo,
    chosen: state.chosen,
    look: state.look,
    feather: before.feather,
    mask,
    result: same ? shownResult(painted.result) : null,
  });
}

/** Own styles that the server has forgotten are sent again; in the browser's own mode only if one agrees. */
export async function restoreStyles(agreed = !state.inBrowser) {
  const lost = (await allOf("styles")).filter(([name]) => !state.styles.some((style) => style.name === name));
  if (!lost.length) return;
  if (!agreed) {
    tell("The studio has forgotten your own styles. To paint with them, their pictures are sent to its server again.", {
      action: { label: "Send them", run: () => restoreStyles(true) },
    });
    return;
  }
  for (const [name, { file, title }] of lost) {
    try {
      const style = await addStyle(file, title);
      await drop("styles", name);
      await keep("styles", style.name, { file, title });
      const renamed = (chosen) => chosen.map((one) => (one.name === name ? { ...one, name: style.name } : one));
      for (const [key, entry] of await allOf("history"))
        keep("history", key, { ...entry, chosen: renamed(entry.chosen) });
      update({ styles: [style, ...state.styles], chosen: renamed(state.chosen) });
    } catch (error) {
      tellError(error);
    }
  }
}

export const keepStyle = (name, file, title) => keep("styles", name, { file, title });
export const dropStyle = (name) => drop("styles", name);

/** Begin to keep what changes. */
export function startVisit() {
  subscribe(["photo"], keepPhoto);
  subscribe(["photo", "chosen", "look", "mask", "feather"], keepSoon);
  subscribe(["inBrowser"], () => keep("easel", "in browser", state.inBrowser)); // at once: it is a promise
  subscribe(["result"], () => {
    const { photo, result, chosen, look, feather } = state;
    if (!photo || !result || result.preview) return;
    keep("easel", "result", {
      photo: photo.id,
      of: JSON.stringify([chosen, look, feather]),
      result: keptResult(result),
    });
  });
  addEventListener("pagehide", () => timer && keepEasel());
}
