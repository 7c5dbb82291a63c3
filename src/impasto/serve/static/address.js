// The address says what is painted and how: it can be kept, sent on, loaded anew; and Back does not lose the studio.
import { tell } from "./messages.js";
import { DEFAULT_LOOK, MAX_STYLES, state, subscribe, update } from "./state.js";

const MODES = ["photo", "live", "video"];
const SETTLED_MS = 250; // browsers refuse too many changes of the address in a row
const COLORS = ["style", "photo-luminance", "photo-hue", "photo-linear", "photo-histogram"];
const BOUNDS = { strength: [0, 1], stroke: [0.25, 8], saturation: [0, 2], brightness: [0.5, 2], size: [64, 8192] };

let timer = 0;
let going = false; // what changes now comes from the address

/** What an address asks for: {mode, chosen, look}; nothing of what it does not say or what cannot be. */
export function readAddress(hash) {
  const said = new URLSearchParams(hash.replace(/^#/, ""));
  const wanted = {};
  if (MODES.includes(said.get("mode"))) wanted.mode = said.get("mode");
  const chosen = said
    .getAll("style")
    .slice(0, MAX_STYLES)
    .map((one) => {
      const [, name, weight] = /^([^:]+)(?::(.*))?$/.exec(one) ?? [];
      return { name, weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ name, weight }) => name && weight >= 0 && weight < 1e6);
  if (chosen.some(({ weight }) => weight > 0)) wanted.chosen = chosen;
  const look = { ...DEFAULT_LOOK };
  for (const [field, [low, high]] of Object.entries(BOUNDS)) {
    const value = Number(said.get(field) ?? Number.NaN);
    if (value >= low && value <= high) look[field] = value;
  }
  if (said.get("size") === "own") look.size = null;
  if (COLORS.includes(said.get("color"))) look.color = said.get("color");
  if (chosen.length) wanted.look = look;
  return wanted;
}

/** The address of what is on the easel, without the host. */
export function address({ mode, chosen, look } = state) {
  const said = new URLSearchParams();
  if (mode !== "photo") said.append("mode", mode);
  for (const { name, weight } of chosen)
    said.append("style", weight === 1 ? name : `${name}:${Number(weight.toFixed(4))}`);
  for (const [field, value] of Object.entries(look)) {
    if (value !== DEFAULT_LOOK[field]) said.append(field, value ?? "own");
  }
  return `#${said}`.replaceAll("%3A", ":");
}

/** Keep the address true; enter(mode) changes the room. */
export function startAddress(enter) {
  const base = { mode: state.mode };
  history.replaceState({ ...base, root: true }, "", address());
  subscribe(["chosen", "look"], () => {
    clearTimeout(timer);
    timer = setTimeout(() => history.replaceState(history.state, "", address()), SETTLED_MS);
  });
  let deeper = false; // whether there is a step between here and whatever page came before
  const push = () => {
    clearTimeout(timer);
    deeper = true;
    history.pushState({ mode: state.mode }, "", address());
  };
  if (state.photo) push();
  subscribe(["mode"], () => !going && push());
  subscribe(["photo"], () => state.photo && !deeper && push());
  addEventListener("popstate", async ({ state: entry }) => {
    if (entry?.root && state.mode === "photo" && state.photo) {
      deeper = false;
      return tell("Your picture is kept. Back once more leaves the studio.");
    }
    going = true;
    if (entry) {
      await enter(entry.mode);
      if (entry.root) deeper = false;
      history.replaceState(entry, "", address()); // the look stays as it is: undo is for that
    } else {
      const wanted = readAddress(location.hash); // typed by hand
      if (wanted.mode) await enter(wanted.mode);
      update(wanted);
    }
    going = false;
  });
}
