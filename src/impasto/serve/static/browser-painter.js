// A still photo painted in this browser, as the server would paint it.
import { canEncode, encode, loadModel, paintPixels, styleOf } from "./browser-model.js";
import { mixCodes } from "./color.js";

const MOST = 2048; // pixels of the long side; WebAssembly has 4 GB at most, and less on phones

let own = null; // {photo, long, code} of the photo that was encoded last

async function photoCode(photo, long, canvas, pixels) {
  if (own?.photo !== photo || own.long !== long) own = { photo, long, code: await encode(canvas, pixels) };
  return own.code;
}

/** The mask in the picture's size with soft edges, one share of style for each pixel. */
async function sharesOf(mask, feather, width, height) {
  const bitmap = await createImageBitmap(mask.blob);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const radius = (feather / 100) * Math.max(width, height);
  if (radius) context.filter = `blur(${radius / 2}px)`;
  context.drawImage(bitmap, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  return Float32Array.from({ length: width * height }, (_, at) => data[4 * at] / 255);
}

/** (1 - share) · photo + share · painted, rounded, in place of what was painted; transparency stays the photo's. */
function blend(painted, photo, shareAt) {
  for (let at = 0; at < painted.data.length; at += 1) {
    if (at % 4 === 3) painted.data[at] = photo.data[at];
    else painted.data[at] = Math.round(photo.data[at] + shareAt(at >> 2) * (painted.data[at] - photo.data[at]));
  }
}

/** What paintOnServer() gives, without the server; strokes and colours are the model's own. */
export async function paintHere({ photo, long, mixture, look, mask, feather, format }, signal) {
  if (Math.max(...photo.sizeAt(long)) > MOST) {
    throw new Error(`In the browser pictures are painted up to ${MOST} pixels; choose a smaller “Paint at”.`);
  }
  await loadModel();
  const canvas = photo.canvas(long);
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const style = await styleOf(mixture);
  const { strength } = look;
  let show = 1 - strength; // how much of the photo shows through
  if (strength < 1 && canEncode()) {
    style.code = mixCodes([
      [await photoCode(photo, long, canvas, pixels), 1 - strength],
      [style.code, strength],
    ]);
    show = (1 - strength) ** 2; // as impasto.inference.stylizer does it
  }
  signal?.throwIfAborted();
  const { pixels: painted } = await paintPixels(pixels, style);
  signal?.throwIfAborted();
  const shares = mask ? await sharesOf(mask, feather, canvas.width, canvas.height) : null;
  blend(painted, pixels, shares ? (at) => (1 - show) * shares[at] : () => 1 - show);
  canvas.getContext("2d").putImageData(painted, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, `image/${format}`, 0.95));
}
