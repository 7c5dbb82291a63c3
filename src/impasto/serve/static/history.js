// This visit's pictures, newest first; nothing of it is kept when the page is closed.
import { $, element } from "./dom.js";
import { state, subscribe, titleOf, update } from "./state.js";

const MOST = 24;
const THUMB = 96;
const SETTLED_MS = 900; // a picture that is replaced sooner was only passed through

let entries = []; // {photo, chosen, look, mask, feather, result, thumbnail}
let settling = 0;

async function thumbnailOf(blob) {
  const bitmap = await createImageBitmap(blob, { resizeHeight: 2 * THUMB, resizeQuality: "medium" });
  const canvas = Object.assign(document.createElement("canvas"), { width: bitmap.width, height: bitmap.height });
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  bitmap.close();
  const small = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
  return URL.createObjectURL(small);
}

function describe({ chosen, look }) {
  const names = chosen.map(({ name }) => titleOf(name)).join(" with ");
  return look.strength < 1 ? `${names}, at ${Math.round(100 * look.strength)} %` : names;
}

async function remember(result) {
  const { photo, chosen, look, mask, feather } = state;
  const entry = { photo, chosen, look, mask, feather, result, thumbnail: await thumbnailOf(result.blob) };
  entries = [entry, ...entries];
  for (const { thumbnail } of entries.splice(MOST)) URL.revokeObjectURL(thumbnail);
  show();
}

function show() {
  $("#history").hidden = !entries.length || state.mode !== "photo";
  $("#history-list").replaceChildren(
    ...entries.map((entry) => {
      const label = describe(entry);
      const picture = element("img", { src: entry.thumbnail, alt: "", height: THUMB });
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

function recall(entry) {
  const { photo, chosen, look, mask, feather, result } = entry;
  const known = chosen.filter(({ name }) => state.styles.some((style) => style.name === name));
  if (photo !== state.photo) update({ photo, mask: null });
  // The result comes last and as it was; painting it again would only cost time.
  update({ recalled: result, chosen: known.length ? known : state.chosen, look, mask, feather });
  update({ result, recalled: null });
}

/** Keep every full picture that stays for a moment. */
export function startHistory() {
  subscribe(["result"], () => {
    clearTimeout(settling);
    const { result } = state;
    if (result && !result.preview && !entries.some((entry) => entry.result === result)) {
      settling = setTimeout(() => remember(result), SETTLED_MS);
    }
    show();
  });
  subscribe(["mode"], show);
}
