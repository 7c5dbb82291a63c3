// Learning an own style: some minutes once, after which every photo is painted as quickly as before, and far closer.
import { modelFacts } from "./api.js";
import { $, element, icon, save } from "./dom.js";
import { loadStyles } from "./gallery.js";
import { onJobs, runJob } from "./jobs.js";
import { tellError } from "./messages.js";
import { state, subscribe, titleOf, update } from "./state.js";

const MINUTES = [2, 5, 15];
const USUAL = 5;
const SHOWN = 1024; // pixels of the long side of the photo that is sent

const running = new Set(); // names of the styles that are being learnt
let lack; // why the server cannot learn styles, null if it can, undefined until it is asked

/** The one chosen style, if it is an own one. */
function chosenOwn() {
  if (state.chosen.length !== 1) return null;
  return state.styles.find(({ name, kind }) => kind === "own" && name === state.chosen[0].name) ?? null;
}

// In the browser painted photos stay there, so the server learns with a sample.
async function practicePhoto() {
  if (state.photo && !state.inBrowser) return state.photo.copy(SHOWN);
  return (await fetch("static/sample-portrait.jpg")).blob();
}

onJobs("learn", ({ name, title }) => {
  running.add(name);
  show();
  return {
    title: `Learning ${title}`,
    onResult: async (_, { again }) => {
      if (again) return;
      await loadStyles();
      if (state.chosen.some((one) => one.name === name)) update({ chosen: [...state.chosen] }); // painted anew
    },
    onSave: (url) => save(url, `${title.replace(/[^\p{L}\p{N}]+/gu, "-")}.npz`),
    onEnd: () => {
      running.delete(name);
      show();
    },
  };
});

const begin = (name, minutes) =>
  runJob("learn", { name, title: titleOf(name) }, async () => ({
    kind: "learn",
    style: name,
    minutes,
    content: await practicePhoto(),
  }));

async function ask() {
  lack = null; // asked once
  try {
    lack = (await modelFacts()).cannot_learn;
  } catch (error) {
    tellError(error);
  }
  show();
}

function hintFor(style) {
  if (lack) return `${lack[0].toUpperCase()}${lack.slice(1)}`;
  if (running.has(style.name)) return "It is being learnt. Until then it paints as it did before.";
  if (style.learnt) return "This style is learnt. Learn it again if you want to spend more minutes on it.";
  return "The studio practises this style for some minutes. Then every photo is painted in it as quickly as now, but closer to the artwork.";
}

function show() {
  const style = state.mode === "photo" ? chosenOwn() : null;
  $("#learn").hidden = !style;
  if (!style) return;
  if (lack === undefined) ask();
  $("#learn-hint").textContent = hintFor(style);
  const able = !lack && !running.has(style.name);
  $("#learn-start").disabled = !able;
  $("#learn-minutes").disabled = !able;
}

/** Put the tool below the styles. */
export function startLearn() {
  const minutes = element("select", { id: "learn-minutes", aria: { label: "Minutes to learn" } });
  for (const one of MINUTES) minutes.append(element("option", { value: one, textContent: `${one} minutes` }));
  minutes.value = USUAL;
  const start = element(
    "button",
    {
      type: "button",
      id: "learn-start",
      aria: { describedby: "learn-hint" },
      on: { click: () => begin(chosenOwn().name, Number(minutes.value)) },
    },
    icon("learnt"),
    "Learn this style",
  );
  $("#learn").append(
    element("p", { className: "hint", id: "learn-hint" }),
    element("div", { className: "row" }, minutes, start),
  );
  subscribe(["chosen", "styles", "mode"], show);
  show();
}
