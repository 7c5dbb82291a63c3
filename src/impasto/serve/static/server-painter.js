// Painting by the studio's server: what the page's state means in fields of the API.
import { stylize } from "./api.js";

export const styleField = (mixture) => mixture.map(([name, weight]) => `${name}:${weight.toFixed(4)}`);

// Long side at which the server paints strokes as large as the painter's own; it scales them with larger pictures.
const NATURAL_SIDE = 800;

/** The fields of a look for a picture whose long side is `long` pixels, so that it looks as one painted at `shown`. */
export function lookFields(look, long, shown = long) {
  const scale = (side) => Math.max(1, side / NATURAL_SIDE);
  return {
    strength: look.strength,
    // What is painted smaller than the natural side has strokes of so many pixels.
    stroke: Math.min(32, Math.max(0.25, (look.stroke * (long / shown) * scale(shown)) / scale(long))),
    color: look.color,
    saturation: look.saturation,
    brightness: look.brightness,
  };
}

/** Which part is painted; the softness is given in percent of the long side. */
export const maskFields = (mask, feather, long) =>
  mask ? { mask: mask.blob, feather: Math.round((feather / 100) * long) } : {};

/** A painted picture as a blob. `request` is made by painter.js. */
export async function paintOnServer(request, signal) {
  const { photo, long, mixture, look, mask, feather, format } = request;
  const side = Math.min(long ?? photo.long, photo.long);
  return stylize(
    {
      content: await photo.copy(long),
      style: styleField(mixture),
      ...lookFields(look, side),
      ...maskFields(mask, feather, side),
      format,
      quality: format === "jpeg" && long === 512 ? 85 : 95,
    },
    signal,
  );
}
