// Saving pictures: what is on the screen as JPEG or PNG, and the photo's own resolution as a job.
import { $, save } from "./dom.js";
import { runJob } from "./jobs.js";
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

async function converted(blob, type) {
  const bitmap = await createImageBitmap(blob);
  const canvas = Object.assign(document.createElement("canvas"), { width: bitmap.width, height: bitmap.height });
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  bitmap.close();
  return new Promise((resolve) => canvas.toBlob(resolve, type, 0.95));
}

// Painted anew in the format that is wanted, as a JPEG cannot become the PNG that it was made from.
async function saveShown(format) {
  const { result, look } = state;
  const type = `image/${format}`;
  const name = fileName(format);
  try {
    if (!result.preview && result.blob.type === type) save(result.blob, name);
    else if (result.slow) save(await converted(result.blob, type), name);
    else save(await paint(paintRequest(look.size, format)), name);
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
  runJob(
    `${photo.width}×${photo.height} ${format.toUpperCase()}`,
    {
      kind: "stylize",
      content: photo.file,
      style: styleField(mixture),
      ...lookFields(look, photo.long, shown),
      ...maskFields(mask, feather, photo.long),
      format,
      quality: 95,
    },
    { onResult: (url) => save(url, name), onSave: (url) => save(url, name) },
  );
}

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
  $("#download").disabled = !state.result;
}

/** Wire the button and its menu. */
export function startDownload() {
  const menu = $("#download-menu");
  menu.addEventListener("toggle", (event) => {
    if (event.newState !== "open") return;
    const button = $("#download").getBoundingClientRect();
    menu.style.right = `${Math.max(8, innerWidth - button.right)}px`;
    menu.style.bottom = `${innerHeight - button.top + 6}px`;
    menu.querySelector("button").focus();
  });
  menu.addEventListener("click", (event) => {
    const kind = event.target.closest("[data-save]")?.dataset.save;
    if (!kind) return;
    menu.hidePopover();
    if (kind.startsWith("full-")) saveFull(kind.slice(5));
    else saveShown(kind);
  });
  menu.addEventListener("keydown", (event) => {
    const buttons = [...menu.querySelectorAll("button:not([hidden])")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    buttons.at((buttons.indexOf(document.activeElement) + step) % buttons.length).focus();
  });
  subscribe(["photo", "look", "result", "inBrowser"], showSizes);
}
