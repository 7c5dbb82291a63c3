// What is on the easel, handed on: to the clipboard, to other applications, and as a command, Python or curl.
import { address } from "./address.js";
import { converted, fileName } from "./download.js";
import { tell, tellError } from "./messages.js";
import { lookFields, styleField } from "./server-painter.js";
import { DEFAULT_LOOK, mixture, state, titleOf } from "./state.js";

const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
const isOwn = (name) => state.styles.find((style) => style.name === name)?.kind === "own";
// Of an own style only its picture is known elsewhere, under its title.
const fileOf = (name) => `${titleOf(name)}.jpg`;
const number = (value) => String(Number(value.toFixed(4)));

/** The options that differ from the usual, as [name, value]. */
function changed() {
  const { photo, look, mask, feather } = state;
  const long = Math.min(photo.long, look.size ?? photo.long);
  const found = Object.entries(lookFields(look, long))
    .filter(([name, value]) => value !== DEFAULT_LOOK[name])
    .map(([name, value]) => [name, typeof value === "number" ? number(value) : value]);
  if (long < photo.long) found.push(["size", String(long)]);
  if (mask) found.push(["feather", String(Math.round((feather / 100) * long))]);
  return found;
}

const weighted = (names) => names.map(([name, weight], _, all) => [name, all.length > 1 ? `:${number(weight)}` : ""]);

export function asCommand() {
  const styles = weighted(mixture()).map(([name, weight]) => (isOwn(name) ? fileOf(name) : name) + weight);
  const words = ["impasto", "stylize", state.photo.file.name || "photo.jpg"];
  if (state.mask) words.push("--mask", `mask.png=${styles[0]}`);
  else for (const style of styles) words.push("--style", style);
  for (const [name, value] of changed()) words.push(`--${name}`, value);
  return words.map(quoted).join(" ");
}

export function asPython() {
  const text = JSON.stringify;
  const parts = mixture().map(([name, weight]) => `(${text(isOwn(name) ? fileOf(name) : name)}, ${number(weight)})`);
  const style = parts.length > 1 ? `[${parts.join(", ")}]` : parts[0].slice(1).replace(/, [^,]*\)$/, "");
  const look = changed()
    .filter(([name]) => name !== "feather")
    .map(([name, value]) => `${name}=${/^[\d.]+$/.test(value) ? value : text(value)}`);
  const where = state.mask
    ? `regions=[(read_mask("mask.png"), ${style})], feather=${changed().find(([name]) => name === "feather")[1]}`
    : `style=${style}`;
  return `from impasto import LookOptions, Stylizer, compose, read_picture, write_picture
${state.mask ? "from impasto.image.mask import read_mask\n" : ""}
photo = read_picture(${text(state.photo.file.name || "photo.jpg")})
painted = compose(Stylizer(), photo, ${where}, look=LookOptions(${look.join(", ")}))
write_picture(${text(fileName("jpeg"))}, painted)
`;
}

export function asCurl() {
  const words = ["curl"];
  const field = (name, value) => words.push("-F", `${name}=${value}`);
  field("content", `@${state.photo.file.name || "photo.jpg"}`);
  mixture().forEach(([name], index) =>
    isOwn(name) ? field("style_picture", `@${fileOf(name)}`) : field("style", styleField(mixture())[index]),
  );
  if (state.mask) field("mask", "@mask.png");
  for (const [name, value] of changed()) field(name, value);
  words.push("-o", fileName("jpeg"), new URL("../v1/stylize", import.meta.url).href);
  return words.map(quoted).join(" ");
}

async function copy(text) {
  await navigator.clipboard.writeText(text);
  const own = mixture().some(([name]) => isOwn(name));
  const needs = [own && "your own style’s picture", state.mask && "the mask as mask.png"].filter(Boolean);
  tell(needs.length ? `Copied. Beside the photo it needs ${needs.join(" and ")}.` : "Copied.");
}

const actions = {
  send: async () =>
    navigator.share({ files: [new File([state.result.blob], fileName("jpeg"), { type: state.result.blob.type })] }),
  picture: async () => {
    // A promise, as the clipboard must be asked while the click lasts.
    const png = converted(state.result.blob, "image/png");
    await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
    tell("The picture is copied.");
  },
  link: async () => {
    await navigator.clipboard.writeText(new URL(address(), location.href).href);
    tell("Copied. The link holds the styles and the look, not the photo.");
  },
  command: () => copy(asCommand()),
  python: () => copy(asPython()),
  curl: () => copy(asCurl()),
};

/** Do what an entry of the menu says. */
export async function share(what) {
  try {
    if (!navigator.clipboard && what !== "send")
      throw new Error("Browsers copy only on pages with https, or on this machine itself.");
    await actions[what]();
  } catch (error) {
    tellError(error.name === "NotAllowedError" ? new Error("The browser did not allow it.") : error);
  }
}
