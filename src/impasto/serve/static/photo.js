// The photo: chosen, dropped, pasted or one of the samples; and smaller copies of it to send.
import { $ } from "./dom.js";
import { tellError } from "./messages.js";
import { update } from "./state.js";

const OPAQUE = ["image/jpeg", "image/bmp"];

/** Height and width that fit a long side; never enlarged. */
function fitted(width, height, long) {
  const factor = Math.min(1, (long ?? Infinity) / Math.max(width, height));
  return [Math.max(1, Math.round(width * factor)), Math.max(1, Math.round(height * factor))];
}

/** A decoded picture file and its copies at other sizes, each made once. */
export class Photo {
  #copies = new Map();

  constructor(file, bitmap) {
    this.file = file;
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

/** Decode a file, or throw one sentence. */
export async function decode(file) {
  try {
    return new Photo(file, await createImageBitmap(file));
  } catch {
    const name = file.name ? `“${file.name}”` : "The file";
    throw new Error(`${name} is no picture that this browser can read; try a JPEG, PNG or WebP.`);
  }
}

/** Make a file the photo of the page. */
export async function takePhoto(file) {
  try {
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
