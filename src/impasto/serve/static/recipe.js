// How a picture was painted, written into its file; the file dropped back brings the easel back.
const WORD = "impasto-recipe";
const LARGEST = 60_000; // bytes: a JPEG's comment holds 65,533
const HEAD = 262_144; // of a file, in which a recipe is looked for

const bytesOf = (text) => new TextEncoder().encode(text);
const textOf = (bytes) => new TextDecoder().decode(bytes);

// JSON in ASCII, as a PNG's tEXt chunk is Latin-1 and a JPEG's comment anything.
const ascii = (value) =>
  JSON.stringify(value).replace(/[\u0080-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);

function crc(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return ~value >>> 0;
}

const big = (value, count) => Uint8Array.from({ length: count }, (_, at) => value >>> (8 * (count - 1 - at)));

function pngChunk(text) {
  const body = bytesOf(`tEXt${WORD}\0${text}`);
  return [big(body.length - 4, 4), body, big(crc(body), 4)];
}

/** What a PNG's chunks or a JPEG's segments say before the pixels: [{at, end, kind, body}]. */
function* parts(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength > 12 && view.getUint32(0) === 0x89504e47) {
    for (let at = 8; at + 12 <= bytes.length;) {
      const end = at + 12 + view.getUint32(at);
      yield { at, end, kind: textOf(bytes.subarray(at + 4, at + 8)), body: bytes.subarray(at + 8, end - 4) };
      at = end;
    }
  } else if (view.byteLength > 12 && view.getUint16(0) === 0xffd8) {
    for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda;) {
      const end = at + 2 + view.getUint16(at + 2);
      yield { at, end, kind: bytes[at + 1], body: bytes.subarray(at + 4, end) };
      at = end;
    }
  }
}

/** The same file with a recipe in it; as it is if it is no JPEG or PNG. */
export async function withRecipe(blob, recipe) {
  const text = ascii(recipe);
  if (text.length > LARGEST) return blob;
  const head = new Uint8Array(await blob.slice(0, HEAD).arrayBuffer());
  const first = parts(head).next().value;
  if (!first) return blob;
  if (first.kind === "IHDR")
    return new Blob([head.subarray(0, first.end), ...pngChunk(text), blob.slice(first.end)], { type: blob.type });
  const at = [0xe0, 0xe1].includes(first.kind) ? first.end : 2; // JFIF's and EXIF's own segments come first
  const body = bytesOf(`${WORD}\0${text}`);
  return new Blob([blob.slice(0, at), Uint8Array.of(0xff, 0xfe), big(body.length + 2, 2), body, blob.slice(at)], {
    type: blob.type,
  });
}

/** The recipe in a file, or null. */
export async function recipeIn(file) {
  const head = new Uint8Array(await file.slice(0, HEAD).arrayBuffer());
  for (const { kind, body } of parts(head)) {
    if (kind !== "tEXt" && kind !== 0xfe) continue;
    const text = textOf(body);
    if (!text.startsWith(`${WORD}\0`)) continue;
    try {
      const found = JSON.parse(text.slice(WORD.length + 1));
      return Array.isArray(found.chosen) && typeof found.look === "object" ? found : null;
    } catch {
      return null;
    }
  }
  return null;
}
