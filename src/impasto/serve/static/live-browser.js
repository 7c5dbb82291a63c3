// Frames painted in this browser; they go nowhere.
import { canEncode, encode, paintPixels, styleOf } from "./browser-model.js";
import { mixCodes } from "./color.js";

const STEADY = 0.9; // share of the colours' past, so that they do not flicker with the camera's exposure
const ENCODE_AGAIN = 90; // frames after which the camera's own code is looked at anew

/** The same as serverLive(), without the server. */
export function browserLive({ settings, onPicture, onError }) {
  let busy = false;
  let closed = false;
  let style = null;
  let strength = 1;
  let own = { code: null, age: 0 };
  let color = null;
  let version = 0;

  const configure = async () => {
    version += 1;
    const mine = version;
    const wanted = settings();
    try {
      const found = await styleOf(wanted.styles); // the style before paints on until it is loaded
      if (mine === version) [style, strength] = [found, wanted.strength];
    } catch (error) {
      onError(error.message);
    }
  };
  configure();

  async function mixed(canvas, pixels) {
    if (strength === 1 || !canEncode()) return style;
    own.age += 1;
    if (!own.code || own.age > ENCODE_AGAIN) own = { code: await encode(canvas, pixels), age: 0 };
    const code = mixCodes([
      [own.code, 1 - strength],
      [style.code, strength],
    ]);
    return { ...style, code };
  }

  async function paint(canvas) {
    const taken = performance.now();
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const through = canEncode() ? (1 - strength) ** 2 : 1 - strength;
    const painted = await paintPixels(pixels, await mixed(canvas, pixels), color, STEADY);
    color = painted.color;
    const { data } = painted.pixels;
    if (through) for (let at = 0; at < data.length; at += 1) data[at] += through * (pixels.data[at] - data[at]);
    const bitmap = await createImageBitmap(painted.pixels);
    if (closed) bitmap.close();
    else onPicture(bitmap, performance.now() - taken);
  }

  return {
    ready: () => !busy && !closed && style !== null,
    give(canvas) {
      busy = true;
      paint(canvas)
        .catch((error) => onError(error.message, true))
        .finally(() => {
          busy = false;
        });
    },
    configure,
    close() {
      closed = true;
    },
  };
}
