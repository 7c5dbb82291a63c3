// Colour statistics and the optimal recolouring between them: impasto.image.color, in JavaScript.
// Matrices of 3×3 are arrays of nine numbers, row by row.

const MAX_SAMPLES = 65_536;
const REGULARIZATION = 2e-5;
const MAX_STRETCH = 4;

/** Mean (3) and covariance (9) of the colours of RGBA pixels, scaled to [0, 1], on a regular grid of samples. */
export function colorStatistics({ data, width, height }) {
  let stride = Math.max(1, Math.floor(Math.sqrt(Math.floor((height * width) / MAX_SAMPLES))));
  while (Math.ceil(height / stride) * Math.ceil(width / stride) > MAX_SAMPLES) stride += 1;
  const sums = [0, 0, 0];
  const products = new Array(9).fill(0);
  let count = 0;
  for (let y = 0; y < height; y += stride) {
    for (let x = 0; x < width; x += stride, count += 1) {
      const at = 4 * (y * width + x);
      for (let i = 0; i < 3; i += 1) {
        sums[i] += data[at + i];
        for (let j = i; j < 3; j += 1) products[3 * i + j] += data[at + i] * data[at + j];
      }
    }
  }
  const mean = sums.map((sum) => sum / count / 255);
  // Sums of whole numbers are exact, so that nothing is lost by subtracting afterwards.
  const covariance = products.map((_, at) => {
    const [i, j] = [Math.floor(at / 3), at % 3].sort();
    return products[3 * i + j] / count / 255 ** 2 - mean[i] * mean[j];
  });
  return { mean, covariance };
}

const multiply = (a, b) =>
  a.map((_, at) => {
    const [row, column] = [3 * Math.floor(at / 3), at % 3];
    return a[row] * b[column] + a[row + 1] * b[column + 3] + a[row + 2] * b[column + 6];
  });

/** Eigenvalues (3) and eigenvectors (the columns of a 3×3) of a symmetric matrix, by Jacobi's rotations. */
function eigen(symmetric) {
  let a = [...symmetric];
  let vectors = [1, 0, 0, 0, 1, 0, 0, 0, 1];
  for (let sweep = 0; sweep < 30; sweep += 1) {
    const off = a[1] ** 2 + a[2] ** 2 + a[5] ** 2;
    if (off < 1e-30) break;
    for (const [p, q] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ]) {
      if (a[3 * p + q] === 0) continue;
      const theta = (a[4 * q] - a[4 * p]) / (2 * a[3 * p + q]);
      const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
      const cosine = 1 / Math.hypot(t, 1);
      const rotation = [1, 0, 0, 0, 1, 0, 0, 0, 1];
      rotation[4 * p] = rotation[4 * q] = cosine;
      rotation[3 * p + q] = t * cosine;
      rotation[3 * q + p] = -t * cosine;
      const transposed = rotation.map((_, at) => rotation[3 * (at % 3) + Math.floor(at / 3)]);
      a = multiply(transposed, multiply(a, rotation));
      vectors = multiply(vectors, rotation);
    }
  }
  return { values: [a[0], a[4], a[8]], vectors };
}

/** V diag(f(values)) Vᵀ of a symmetric matrix. */
function mapped(symmetric, f) {
  const { values, vectors } = eigen(symmetric);
  const scaled = vectors.map((vector, at) => vector * f(values[at % 3]));
  return multiply(
    scaled,
    vectors.map((_, at) => vectors[3 * (at % 3) + Math.floor(at / 3)]),
  );
}

/** The matrix [T | μ' - T μ], 12 numbers, that gives colours the target's mean and covariance and moves them least. */
export function mongeKantorovich(source, target) {
  const ridged = ({ covariance }) => covariance.map((value, at) => value + (at % 4 === 0 ? REGULARIZATION : 0));
  const root = mapped(ridged(source), Math.sqrt);
  const inverseRoot = mapped(ridged(source), (value) => 1 / Math.sqrt(value));
  const middle = mapped(multiply(root, multiply(ridged(target), root)), (value) => Math.sqrt(Math.max(0, value)));
  const raw = multiply(inverseRoot, multiply(middle, inverseRoot));
  const symmetric = raw.map((value, at) => (value + raw[3 * (at % 3) + Math.floor(at / 3)]) / 2);
  const transport = mapped(symmetric, (value) => Math.min(MAX_STRETCH, Math.max(0, value)));
  const { mean } = source;
  return Float32Array.from(
    [0, 1, 2].flatMap((row) => {
      const [r, g, b] = transport.slice(3 * row, 3 * row + 3);
      return [r, g, b, target.mean[row] - r * mean[0] - g * mean[1] - b * mean[2]];
    }),
  );
}

/** The weighted mean of style codes: [[code, weight], ...]. */
export function mixCodes(parts) {
  const total = parts.reduce((sum, [, weight]) => sum + weight, 0);
  return Float32Array.from(parts[0][0], (_, at) =>
    parts.reduce((sum, [code, weight]) => sum + (weight / total) * code[at], 0),
  );
}

/** The colour statistics at the end of a style code. */
export function colorOf(code) {
  const color = [...code.slice(-12)];
  return { mean: color.slice(0, 3), covariance: color.slice(3) };
}
