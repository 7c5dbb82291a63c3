// Painting by the studio's server: what the page's state means in fields of the API.
import { stylize } from "./api.js";

export const styleField = (mixture) => mixture.map(([name, weight]) => `${name}:${weight.toFixed(4)}`);

/** The fields of a look for a picture whose long side is `long` pixels, so that it looks as one painted at `shown`. */
export function lookFields(look, long, shown = long) {
  return {
    strength: look.strength,
    // Strokes are so many pixels long: a larger picture wants them larger, to look the same.
    stroke: Math.min(32, Math.max(0.25, look.stroke * Math.max(1, long / shown))),
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
