// Saving pictures: what is on the screen as JPEG or PNG, and the photo's own resolution as a job.
import { $, save } from "./dom.js";
import { onJobs, runJob } from "./jobs.js";
import { tellError } from "./messages.js";
import { paint, paintRequest } from "./painter.js";
import { lookFields, maskFields, styleField } from "./server-painter.js";
import { state, subscribe, titleOf } from "./state.js";

const ENDINGS = { jpeg: "jpg", png: "png" };

/** What a painted file is called: the photo's name and the style's. */
export function fileName(format) {
  const style = titleOf(state.chosen[0]?.name ?? "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 40);
  return `${state.photo?.name ?? "impasto"}-${style || "painted"}.${ENDINGS[format] ?? format}`;
}

/** A picture in another format. */
export async function converted(blob, type) {
  const bitmap = await createImageBitmap(blob);
  const canvas = Object.assign(document.createElement("canvas"), { width: bitmap.width, height: bitmap.height });
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  bitmap.close();
  return new Promise((resolve) => canvas.toBlob(resolve, type, 0.95));
}

/** How what is on the easel is painted, in plain values. */
async function recipe() {
  const { photo, chosen, look, feather, mask } = state;
  const bytes = mask && new Uint8Array(await mask.blob.arrayBuffer());
  const drawn = bytes && btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return { version: 1, photo: photo.id, chosen, look, feather, mask: drawn };
}

// Painted anew in the format that is wanted, as a JPEG cannot become the PNG that it was made from.
async function saveShown(format) {
  const { result, look } = state;
  const type = `image/${format}`;
  const name = fileName(format);
  try {
    let blob = result.blob;
    if (result.preview || result.blob.type !== type)
      blob = result.slow ? await converted(blob, type) : await paint(paintRequest(look.size, format));
    const { withRecipe } = await import("./recipe.js");
    save(await withRecipe(blob, await recipe()), name);
  } catch (error) {
    tellError(error);
  }
}

function saveFull(format) {
  const request = paintRequest(null, format);
  if (!request) return;
  const { photo, look, mixture, mask, feather } = request;
  const shown = Math.min(photo.long, look.size ?? photo.long);
  const name = fileName(format);
  const title = `${photo.width}×${photo.height} ${format.toUpperCase()}`;
  runJob("full", { title, name, photo: photo.id }, () => ({
    kind: "stylize",
    content: photo.file,
    style: styleField(mixture),
    ...lookFields(look, photo.long, shown),
    ...maskFields(mask, feather, photo.long),
    format,
    quality: 95,
  }));
}

onJobs("full", ({ title, name }) => ({
  title,
  onResult: (url, { again }) => again || save(url, name),
  onSave: (url) => save(url, name),
}));

function showSizes() {
  const { photo, look } = state;
  if (!photo) return;
  const sizes = { size: photo.sizeAt(look.size), full: [photo.width, photo.height] };
  for (const [kind, [width, height]] of Object.entries(sizes)) {
    for (const place of document.querySelectorAll(`#download-menu [data-${kind}]`))
      place.textContent = `${width}×${height}`;
  }
  const same = sizes.size[0] === photo.width;
  for (const button of document.querySelectorAll("#download-menu [data-save^=full]")) {
    // What is on the screen is the full resolution already, or the server is not to see the photo.
    button.hidden = same || state.inBrowser;
  }
  $("#download").disabled = $("#share").disabled = !state.result;
}

// A menu above its button; entries choose by their data attribute.
function wireMenu(menu, button, attribute, chosen) {
  menu.addEventListener("toggle", (event) => {
    if (event.newState !== "open") return;
    const box = button.getBoundingClientRect();
    menu.style.right = `${Math.max(8, innerWidth - box.right)}px`;
    // Above, unless the room below is larger.
    const above = box.top > innerHeight - box.bottom;
    menu.style.bottom = above ? `${innerHeight - box.top + 6}px` : "auto";
    menu.style.top = above ? "auto" : `${box.bottom + 6}px`;
    menu.querySelector("button:not([hidden])").focus();
  });
  menu.addEventListener("click", (event) => {
    const kind = event.target.closest("button")?.dataset[attribute];
    if (!kind) return;
    menu.hidePopover();
    chosen(kind);
  });
  menu.addEventListener("keydown", (event) => {
    const buttons = [...menu.querySelectorAll("button:not([hidden])")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    buttons.at((buttons.indexOf(document.activeElement) + step) % buttons.length).focus();
  });
}

/** Wire the buttons and their menus. */
export function startDownload() {
  wireMenu($("#download-menu"), $("#download"), "save", (kind) =>
    kind.startsWith("full-") ? saveFull(kind.slice(5)) : saveShown(kind),
  );
  wireMenu($("#share-menu"), $("#share"), "share", async (what) => (await import("./share.js")).share(what));
  const picture = new File([""], "painted.jpg", { type: "image/jpeg" });
  $('[data-share="send"]').hidden = !navigator.canShare?.({ files: [picture] });
  subscribe(["photo", "look", "result", "inBrowser"], showSizes);
}
