// This visit's pictures, newest first; they are kept in this browser until newer ones push them out.
import { $, element } from "./dom.js";
import { tell } from "./messages.js";
import { putBack, state, subscribe, titleOf } from "./state.js";
import { allOf, drop, forgetAll, keep } from "./store.js";
import { keptResult, photoOf, shownResult } from "./visit.js";

const MOST = 24;
const THUMB = 96;
const SETTLED_MS = 900; // a picture that is replaced sooner was only passed through

let entries = []; // {key, photo: its id, chosen, look, mask, feather, result, small, url}
let settling = 0;

async function smallOf(blob) {
  const bitmap = await createImageBitmap(blob, { resizeHeight: 2 * THUMB, resizeQuality: "medium" });
  const canvas = Object.assign(document.createElement("canvas"), { width: bitmap.width, height: bitmap.height });
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  bitmap.close();
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
}

function describe({ chosen, look }) {
  const names = chosen.map(({ name }) => titleOf(name)).join(" with ");
  return look.strength < 1 ? `${names}, at ${Math.round(100 * look.strength)} %` : names;
}

async function remember(result) {
  const { photo, chosen, look, mask, feather } = state;
  const small = await smallOf(result.blob);
  const entry = { key: Date.now(), photo: photo.id, chosen, look, mask, feather, result, small };
  entries = [{ ...entry, url: URL.createObjectURL(small) }, ...entries];
  for (const { key, url } of entries.splice(MOST)) {
    URL.revokeObjectURL(url);
    drop("history", key);
  }
  keep("history", entry.key, { ...entry, mask: mask?.blob ?? null, result: keptResult(result) });
  show();
}

function show() {
  $("#history").hidden = !entries.length || state.mode !== "photo";
  $("#history-list").replaceChildren(
    ...entries.map((entry) => {
      const label = describe(entry);
      const picture = element("img", { src: entry.url, alt: "", height: THUMB });
      const button = element(
        "button",
        { type: "button", title: label, aria: { label: `Back to: ${label}` }, on: { click: () => recall(entry) } },
        picture,
      );
      button.classList.toggle("now", entry.result === state.result);
      return element("li", {}, button);
    }),
  );
}

async function recall(entry) {
  const photo = await photoOf(entry.photo);
  if (!photo) return tell("The photo of that picture is not kept any more; drop it again.", { error: true });
  entry.result.url ??= URL.createObjectURL(entry.result.blob);
  putBack({ ...entry, photo });
}

/** The pictures of pages before this one. */
export async function restoreHistory() {
  const found = (await allOf("history")).reverse().map(([key, entry]) => ({
    ...entry,
    key,
    mask: entry.mask && { blob: entry.mask },
    result: shownResult(entry.result),
    url: URL.createObjectURL(entry.small),
  }));
  // The picture on the easel is one of them.
  const last = found[0];
  if (last && state.result && last.photo === state.photo?.id && last.result.blob.size === state.result.blob.size)
    last.result = state.result;
  entries = [...entries, ...found].slice(0, MOST);
  show();
}

async function forget() {
  await forgetAll();
  history.replaceState(null, "", location.pathname + location.search);
  location.reload();
}

/** Keep every full picture that stays for a moment. */
export function startHistory() {
  subscribe(["result"], () => {
    clearTimeout(settling);
    const { result } = state;
    if (result && !result.preview && !entries.some((entry) => entry.result === result)) {
      settling = setTimeout(() => entries.some((entry) => entry.result === result) || remember(result), SETTLED_MS);
    }
    show();
  });
  subscribe(["mode", "styles"], show);
  $("#forget-visit").addEventListener("click", () =>
    tell("This browser then forgets your photos, their paintings and your own styles.", {
      action: { label: "Forget all", run: forget },
    }),
  );
}
