// The photo: chosen, dropped, pasted or one of the samples; and smaller copies of it to send.
import { $ } from "./dom.js";
import { tell, tellError } from "./messages.js";
import { DEFAULT_LOOK, easel, putBack, update } from "./state.js";

const OPAQUE = ["image/jpeg", "image/bmp"];

/** Height and width that fit a long side; never enlarged. */
function fitted(width, height, long) {
  const factor = Math.min(1, (long ?? Infinity) / Math.max(width, height));
  return [Math.max(1, Math.round(width * factor)), Math.max(1, Math.round(height * factor))];
}

/** A decoded picture file and its copies at other sizes, each made once. */
export class Photo {
  #copies = new Map();

  constructor(file, bitmap, id) {
    this.file = file;
    this.id = id; // the same for the same file
    this.bitmap = bitmap; // upright: EXIF's orientation is applied
    this.width = bitmap.width;
    this.height = bitmap.height;
    this.name = file.name?.replace(/\.[^.]+$/, "") || "picture";
    this.url = URL.createObjectURL(file);
  }

  get long() {
    return Math.max(this.width, this.height);
  }

  sizeAt(long) {
    return fitted(this.width, this.height, long);
  }

  /** The photo on a canvas, at most `long` pixels long. */
  canvas(long) {
    const [width, height] = this.sizeAt(long);
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingQuality = "high";
    context.drawImage(this.bitmap, 0, 0, width, height);
    return canvas;
  }

  /** A file of the photo, at most `long` pixels long: the very file if it is small enough. */
  copy(long) {
    if (!long || this.long <= long) return Promise.resolve(this.file);
    if (!this.#copies.has(long)) {
      // WebP keeps transparency, but takes longer to write.
      const [type, quality] = OPAQUE.includes(this.file.type) ? ["image/jpeg", 0.93] : ["image/webp", 0.93];
      this.#copies.set(long, new Promise((resolve) => this.canvas(long).toBlob(resolve, type, quality)));
    }
    return this.#copies.get(long);
  }

  close() {
    URL.revokeObjectURL(this.url);
    this.bitmap.close();
  }
}

// Without TLS, and not on this machine itself, browsers offer no digest; then a file is another one every time.
async function idOf(file) {
  const digest = crypto.subtle
    ? new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()))
    : crypto.getRandomValues(new Uint8Array(32));
  return [...digest.subarray(0, 12)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Decode a file, or throw one sentence. */
export async function decode(file) {
  try {
    return new Photo(file, ...(await Promise.all([createImageBitmap(file), idOf(file)])));
  } catch {
    const name = file.name ? `“${file.name}”` : "The file";
    throw new Error(`${name} is no picture that this browser can read; try a JPEG, PNG or WebP.`);
  }
}

// A picture that was painted here says how; it brings its photo and its look back.
async function takeBack(file) {
  if (!OPAQUE.includes(file.type) && file.type !== "image/png") return false;
  const [{ recipeIn }, { photoOf }] = await Promise.all([import("./recipe.js"), import("./visit.js")]);
  const recipe = await recipeIn(file);
  const photo = recipe && (await photoOf(recipe.photo));
  if (!recipe) return false;
  const { chosen } = recipe;
  const look = { ...DEFAULT_LOOK, ...recipe.look };
  if (!photo) {
    tell("This picture was painted with Impasto. Its photo is not kept here any more.", {
      action: { label: "Take its style and look", run: () => putBack({ ...easel(), chosen, look, result: null }) },
    });
    return false;
  }
  const mask = recipe.mask
    ? { blob: new Blob([Uint8Array.from(atob(recipe.mask), (one) => one.charCodeAt(0))], { type: "image/png" }) }
    : null;
  putBack({ photo, chosen, look, mask, feather: recipe.feather ?? 1, result: null });
  tell("This picture was painted with Impasto: its photo, style and look are back.", {
    action: { label: "Paint the picture itself", run: () => takePhoto(file, { plain: true }) },
  });
  return true;
}

/** Make a file the photo of the page; one that was painted here brings its easel back, unless it is to be `plain`. */
export async function takePhoto(file, { plain = false } = {}) {
  try {
    if (!plain && (await takeBack(file))) return;
    const photo = await decode(file);
    update({ photo, mask: null, result: null });
  } catch (error) {
    tellError(error);
  }
}

async function takeSample(name) {
  try {
    const answer = await fetch(`static/sample-${name}.jpg`);
    if (!answer.ok) throw new Error("The sample cannot be loaded. Is the studio still running?");
    await takePhoto(new File([await answer.blob()], `${name}.jpg`, { type: "image/jpeg" }));
  } catch (error) {
    tellError(error.name === "TypeError" ? new Error("The studio does not answer. Is it still running?") : error);
  }
}

/** The file of a drop or paste whose kind is wanted, if any. */
export const fileOf = (transfer, kind) =>
  [...(transfer?.files ?? [])].find((file) => file.type.startsWith(`${kind}/`)) ?? transfer?.files?.[0];

/** Let files of a kind be dropped on an element. */
export function acceptDrops(target, kind, take) {
  let depth = 0; // entering a child comes before leaving its parent
  const show = () => target.classList.toggle("dropping", depth > 0);
  target.addEventListener("dragenter", (event) => {
    event.preventDefault();
    depth += 1;
    show();
  });
  target.addEventListener("dragleave", () => {
    depth -= 1;
    show();
  });
  target.addEventListener("dragover", (event) => event.preventDefault());
  target.addEventListener("drop", (event) => {
    event.preventDefault();
    event.stopPropagation();
    depth = 0;
    show();
    const file = fileOf(event.dataTransfer, kind);
    if (file) take(file);
  });
}

/** Wire the ways by which a photo comes in. */
export function startPhoto(mode) {
  const input = $("#photo-file");
  for (const button of ["#choose", "#choose-another"]) $(button).addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    if (input.files[0]) takePhoto(input.files[0]);
    input.value = "";
  });
  for (const button of document.querySelectorAll("[data-sample]")) {
    button.addEventListener("click", () => takeSample(button.dataset.sample));
  }
  document.addEventListener("paste", (event) => {
    const file = fileOf(event.clipboardData, "image");
    if (file && mode() === "photo") takePhoto(file);
  });
  // A file that misses its target must not replace the page.
  for (const kind of ["dragover", "drop"]) window.addEventListener(kind, (event) => event.preventDefault());
}
