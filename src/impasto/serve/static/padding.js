// Padding to what the network can take, and cropping back: impasto.image.resize, in JavaScript.

/** By how many pixels a side is padded before and after. */
export function padding(side, multiple, minimum) {
  const missing = Math.ceil(Math.max(side, minimum) / multiple) * multiple - side;
  return [Math.floor(missing / 2), missing - Math.floor(missing / 2)];
}

/** For each place along a padded side, the place of the picture that is reflected there, to and fro. */
function reflected(side, [before, after]) {
  const period = Math.max(1, 2 * (side - 1));
  return Array.from({ length: before + side + after }, (_, at) => {
    const place = (((at - before) % period) + period) % period;
    return place < side ? place : period - place;
  });
}

/** RGBA pixels as RGB, padded evenly around by reflection: {data, width, height, top, left}. */
export function padded({ data, width, height }, multiple, minimum) {
  const [across, down] = [padding(width, multiple, minimum), padding(height, multiple, minimum)];
  const columns = reflected(width, across);
  const rows = reflected(height, down);
  const rgb = new Uint8Array(3 * columns.length * rows.length);
  let to = 0;
  for (const row of rows) {
    for (const column of columns) {
      const from = 4 * (row * width + column);
      rgb[to] = data[from];
      rgb[to + 1] = data[from + 1];
      rgb[to + 2] = data[from + 2];
      to += 3;
    }
  }
  return { data: rgb, width: columns.length, height: rows.length, top: down[0], left: across[0] };
}

/** The part of a padded RGB picture that the picture fills, as RGBA pixels. */
export function cropped(rgb, { width: stride, top, left }, width, height) {
  const rgba = new Uint8ClampedArray(4 * width * height);
  let to = 0;
  for (let row = 0; row < height; row += 1) {
    let from = 3 * ((row + top) * stride + left);
    for (let column = 0; column < width; column += 1, from += 3, to += 4) {
      rgba[to] = rgb[from];
      rgba[to + 1] = rgb[from + 1];
      rgba[to + 2] = rgb[from + 2];
      rgba[to + 3] = 255;
    }
  }
  return new ImageData(rgba, width, height);
}
