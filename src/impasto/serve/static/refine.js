// "Refine this": the painting on the easel goes on by optimisation. It is shown beside what it was, and one chooses.
import { $, element, icon } from "./dom.js";
import { onJobs, runJob } from "./jobs.js";
import { tell, tellError } from "./messages.js";
import { styleField } from "./server-painter.js";
import { mixture, putBack, state, subscribe, titleOf, update } from "./state.js";
import { replaceResult } from "./undo.js";
import { photoOf, shownResult } from "./visit.js";

const MINUTES = [1, 3, 10];

const jobs = new Map(); // the painting -> {end()} of the job that refines it, until one has chosen
const running = new Set(); // of these, those whose job has not ended

// Of a preset there is only a code, and optimising wants to see the picture.
const allOwn = () =>
  state.chosen.every(({ name }) => state.styles.some((style) => style.name === name && style.kind === "own"));

function left(seconds) {
  if (!seconds) return "nearly done";
  return seconds < 90 ? `about ${Math.ceil(seconds)} s left` : `about ${Math.round(seconds / 60)} min left`;
}

const fetched = async (url) => {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error("The refined picture is not kept any more; refine it again.");
  return answer.blob();
};

/** Show a refined picture over its painting; nothing is replaced. */
function emerge(before, blob, words, done) {
  const { refining } = state;
  if (refining?.before === before && refining.url !== before.url) URL.revokeObjectURL(refining.url);
  update({ refining: { before, blob, url: URL.createObjectURL(blob), words, done } });
}

onJobs("refine", (about) => {
  // The painting on the easel; one of a page before is put there when it is asked for, unless it is there again.
  let before = about.now ?? (state.result?.blob.size === about.before.size ? state.result : null);
  let mine = null;
  let finished = false;
  const onEasel = () => before && state.result === before;
  return {
    title: `Refining ${about.title}`,
    silent: true, // the choice below the picture says it
    onBegin(job) {
      mine = job;
      if (!before) return;
      jobs.set(before, job);
      running.add(before);
      if (onEasel())
        update({ refining: { before, blob: before.blob, url: before.url, words: ["Beginning"], done: false } });
    },
    async onPreview(url, job) {
      if (!onEasel()) return;
      try {
        const blob = await fetched(url);
        if (onEasel() && running.has(before)) emerge(before, blob, [job.message, left(job.eta_seconds)], false);
      } catch {
        // The next one comes in a second.
      }
    },
    async onResult(url, { message }) {
      finished = true;
      if (!onEasel()) return;
      try {
        emerge(before, await fetched(url), [message], true);
      } catch (error) {
        tellError(error);
      }
    },
    onEnd() {
      running.delete(before);
      show();
      const { refining } = state;
      if (finished || !before || refining?.before !== before || refining.done) return;
      // What there is when it is stopped is there to be kept, if a step was done.
      const stopped = { ...refining, words: [refining.words[0], "stopped"], done: true };
      update({ refining: refining.blob === before.blob ? null : stopped });
    },
    open: {
      label: "Look at it",
      async run(url, message) {
        try {
          const [photo, blob] = await Promise.all([photoOf(about.photo), fetched(url)]);
          if (!photo) return tell("The photo of that painting is not kept any more.", { error: true });
          if (!onEasel()) {
            before = shownResult({ ...about.size, blob: about.before });
            jobs.set(before, mine);
            putBack({ ...about.easel, mask: about.mask && { blob: about.mask }, photo, result: before });
          }
          emerge(before, blob, [message], true);
        } catch (error) {
          tellError(error);
        }
      },
    },
  };
});

async function begin(minutes) {
  const { photo, chosen, look, mask, feather, result } = state;
  const { width, height, blob } = result;
  const long = Math.max(width, height);
  const about = {
    title: titleOf(chosen[0].name),
    photo: photo.id,
    before: blob,
    size: { width, height, slow: result.slow },
    easel: { chosen, look, feather },
    mask: mask?.blob ?? null,
  };
  Object.defineProperty(about, "now", { value: result }); // which cannot be kept
  runJob("refine", about, async () => ({
    kind: "optimize",
    content: await photo.copy(long),
    init: blob,
    style: styleField(mixture()),
    strength: look.strength,
    color: look.color,
    mask: mask?.blob,
    feather: mask ? Math.round((feather / 100) * long) : null,
    minutes,
    quality: 95,
  }));
}

function stop() {
  jobs.get(state.refining.before)?.end();
}

function choose(refined) {
  const { before, blob, url } = state.refining;
  update({ refining: null });
  jobs.get(before)?.end();
  jobs.delete(before);
  if (refined) replaceResult({ blob, url, width: before.width, height: before.height, preview: false, slow: true });
}

let show = () => {};

/** Put the tool below the look, and the choice below the picture. */
export function startRefine() {
  const minutes = element("select", { id: "refine-minutes", aria: { label: "Minutes to refine" } });
  for (const one of MINUTES)
    minutes.append(element("option", { value: one, textContent: one === 1 ? "1 minute" : `${one} minutes` }));
  const start = element(
    "button",
    {
      type: "button",
      id: "refine-start",
      aria: { describedby: "refine-hint" },
      on: { click: () => begin(Number(minutes.value)).catch(tellError) },
    },
    icon("slow"),
    "Refine this",
  );
  const hint = element("p", { className: "hint", id: "refine-hint" });
  $("#refine").append(hint, element("div", { className: "row" }, minutes, start));

  const button = (id, text, click, className = "") =>
    element("button", { type: "button", id, className, textContent: text, on: { click } });
  const words = element("p", { id: "refine-words", role: "status" });
  const halt = button("refine-stop", "Stop here", stop);
  const keepBefore = button("keep-before", "Keep before", () => choose(false));
  const keepRefined = button("keep-refined", "Keep refined", () => choose(true), "primary");
  const bar = $("#refine-bar");
  bar.append(words, element("div", { className: "group end" }, halt, keepBefore, keepRefined));

  show = () => {
    const { photo, chosen, result, refining, inBrowser } = state;
    const able = Boolean(photo && result && !result.preview && chosen.length && allOwn() && !inBrowser && !refining);
    start.disabled = minutes.disabled = !able || running.has(result);
    hint.textContent = inBrowser
      ? "Refining is done by the server, which is not to see the photo."
      : photo && chosen.length && !allOwn()
        ? "It compares with the artwork itself, which presets do not hold: choose a picture of your own as style."
        : "Goes on with this painting for a while, step by step, and comes closer to the artwork. You choose which to keep.";
    $("#refine").hidden = state.mode !== "photo";
    bar.hidden = !refining || state.mode !== "photo";
    if (!refining) return;
    words.textContent = refining.done ? `Refined: ${refining.words.join(", ")}` : refining.words.join(" · ");
    halt.hidden = refining.done;
    keepBefore.hidden = keepRefined.hidden = !refining.done;
  };
  // Another painting takes the easel; the card leads back.
  subscribe(["result", "photo", "mode"], () => {
    if (state.refining && state.refining.before !== state.result) update({ refining: null });
  });
  subscribe(["photo", "chosen", "styles", "result", "inBrowser", "mode", "refining"], show);
  show();
}
