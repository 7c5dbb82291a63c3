// Painting by optimisation: minutes instead of milliseconds, with the picture emerging.
import { $, element, icon, save } from "./dom.js";
import { fileName } from "./download.js";
import { runJob } from "./jobs.js";
import { styleField } from "./server-painter.js";
import { mixture, state, subscribe, titleOf, update } from "./state.js";

const SIZE = 512; // pixels of the long side
const MINUTES = [1, 3, 10];

// Of a preset there is only a code, and optimising wants to see the picture.
const allOwn = () =>
  state.chosen.every(({ name }) => state.styles.some((style) => style.name === name && style.kind === "own"));

async function begin(minutes) {
  const { photo } = state;
  const [{ name }] = state.chosen;
  const file = fileName("png");
  let mine = state.result; // what the easel shows for as long as nobody paints anything else
  const emerge = async (url, preview) => {
    if (state.result !== mine || state.photo !== photo) return;
    const blob = await (await fetch(url)).blob();
    if (state.result !== mine) return;
    const [width, height] = photo.sizeAt(SIZE);
    mine = { blob, url: URL.createObjectURL(blob), width, height, preview, slow: true };
    update({ result: mine });
  };
  runJob(
    `${titleOf(name)}, slowly`,
    {
      kind: "optimize",
      content: await photo.copy(SIZE),
      style: styleField(mixture()),
      size: Math.min(SIZE, photo.long),
      minutes,
      format: "png",
    },
    { onPreview: (url) => emerge(url, true), onResult: (url) => emerge(url, false), onSave: (url) => save(url, file) },
  );
}

/** Put the tool below the look. */
export function startSlow() {
  const minutes = element("select", { id: "slow-minutes", aria: { label: "Minutes to paint" } });
  for (const one of MINUTES)
    minutes.append(element("option", { value: one, textContent: one === 1 ? "1 minute" : `${one} minutes` }));
  const start = element(
    "button",
    { type: "button", id: "slow-start", on: { click: () => begin(Number(minutes.value)) } },
    icon("slow"),
    "Paint slowly",
  );
  const hint = element("p", { className: "hint" });
  const section = $("#slow");
  section.append(hint, element("div", { className: "row" }, minutes, start));
  const show = () => {
    const able = Boolean(state.photo && state.chosen.length && allOwn() && !state.inBrowser);
    start.disabled = !able;
    minutes.disabled = !able;
    hint.textContent = able
      ? "Optimises the picture itself, step by step, which comes closest to pictures of your own."
      : "Optimises the picture itself, step by step. It needs a photo, and pictures of your own as its style.";
    section.hidden = state.mode !== "photo";
  };
  subscribe(["photo", "chosen", "inBrowser", "mode"], show);
  show();
}
