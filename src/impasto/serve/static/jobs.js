// Long work: a card for each job with its progress, its preview, and a way to call it off. Jobs outlive the page.
import { createJob, endJob, followJob, job as askJob, listJobs } from "./api.js";
import { $, element, icon, percent } from "./dom.js";
import { tell, tellError } from "./messages.js";
import { allOf, drop, keep } from "./store.js";

const STATES = { queued: "Waiting", running: "Working", done: "Done", failed: "Failed", cancelled: "Called off" };
const ENDED = ["done", "failed", "cancelled"];
const FORGOTTEN = "The studio was started anew, or has forgotten this job.";
const NAMES = { stylize: "A picture", video: "A film", optimize: "A painting being refined", learn: "A style being learnt" };

const kinds = new Map(); // what a job is for -> about => what showJob() is told

/**
 * Say how jobs for one purpose are shown, whichever page began them: make(about) gives {title, onPreview(url, job),
 * onBegin({end}), onResult(url, {again}), onEnd(), onSave(url), open: {label, run(url)}, silent}, of which all but the title may be missing.
 * `about` is what runJob() was given, and can be kept.
 */
export const onJobs = (purpose, make) => kinds.set(purpose, make);

function remaining(seconds) {
  if (!seconds && seconds !== 0) return "";
  if (seconds < 90) return `about ${Math.max(1, Math.round(seconds))} s left`;
  return `about ${Math.round(seconds / 60)} min left`;
}

function makeCard(title) {
  const bar = element("progress", { max: 1, value: 0, aria: { label: title } });
  const status = element("p", { className: "status", role: "status" });
  const picture = element("img", { alt: "", hidden: true });
  const end = element("button", { type: "button", className: "quiet", textContent: "Cancel" });
  const save = element("button", { type: "button", className: "primary", hidden: true }, icon("save"), "Save");
  const open = element("button", { type: "button", className: "primary", hidden: true });
  const again = element("button", { type: "button", hidden: true }, icon("reset"), "Begin again");
  const body = element("div", { className: "words" }, element("b", { textContent: title }), status, bar);
  const buttons = element("div", { className: "buttons" }, open, save, again, end);
  const root = element("li", { className: "job" }, picture, body, buttons);
  return { root, bar, status, picture, end, save, open, again };
}

/**
 * Begin a job and show it. Its fields, those of POST /v1/jobs, are kept with it unless `large`, to begin it again where
 * a server dies of it. Gives {end()}, which forgets the job.
 */
export function runJob(purpose, about, makeFields, { large = false } = {}) {
  let fields = null;
  const begin = async () => {
    fields = await makeFields();
    const made = await createJob(fields);
    keep("jobs", made.id, { purpose, about, photo: about.photo ?? null, fields: large ? null : fields });
    return made;
  };
  return showJob(purpose, about, begin, () => fields);
}

// begin() gives the job, which may be one that was begun long ago; fieldsOf() what it can be begun with again.
function showJob(purpose, about, begin, fieldsOf) {
  const told = kinds.get(purpose)(about);
  const card = makeCard(told.title);
  $("#jobs").prepend(card.root);
  let id = null;
  let stop = () => {};
  let ended = false;
  let seen = false;
  const dismiss = () => {
    stop();
    if (id) {
      endJob(id).catch(() => {}); // it may have been forgotten already
      drop("jobs", id);
    }
    card.root.remove();
    if (!ended) told.onEnd?.();
    ended = true;
  };
  card.end.addEventListener("click", dismiss);
  card.again.addEventListener("click", () => {
    const fields = fieldsOf();
    dismiss();
    runJob(purpose, about, async () => fields);
  });

  told.onBegin?.({ end: dismiss });

  const changed = (job) => {
    const again = !seen && ENDED.includes(job.state); // it had ended before the page knew of it
    seen = true;
    card.bar.value = job.progress;
    card.root.dataset.state = job.state;
    const parts = [
      STATES[job.state] ?? job.state,
      job.state === "running" ? percent(job.progress) : "",
      job.message === job.state ? "" : job.message,
      remaining(job.eta_seconds),
    ];
    card.status.textContent = job.error ?? parts.filter(Boolean).join(" · ");
    // The address changes with the picture behind it.
    if (job.preview && job.state === "running" && card.picture.dataset.address !== job.preview) {
      Object.assign(card.picture, { src: job.preview, hidden: false });
      card.picture.dataset.address = job.preview;
      told.onPreview?.(job.preview, job);
    }
    if (!ENDED.includes(job.state)) return;
    ended = true;
    card.bar.hidden = true;
    card.end.textContent = "Dismiss";
    if (job.state === "done") {
      told.onResult?.(job.result, { again, message: job.message });
      card.save.hidden = !told.onSave;
      card.save.addEventListener("click", () => told.onSave(job.result));
      card.open.hidden = !told.open;
      card.open.textContent = told.open?.label ?? "";
      card.open.addEventListener("click", () => told.open.run(job.result, job.message));
      if (!again && !told.silent) tell(`${told.title}: done.`);
    } else {
      card.again.hidden = job.state !== "failed" || !fieldsOf();
    }
    told.onEnd?.();
  };

  (async () => {
    try {
      card.status.textContent = "Sending";
      const job = await begin();
      id = job.id;
      card.root.dataset.kind = job.kind;
      changed(job);
      if (!card.root.isConnected) dismiss();
      else if (!ENDED.includes(job.state)) stop = followJob(id, changed);
    } catch (error) {
      card.root.remove();
      told.onEnd?.();
      tellError(error);
    }
  })();
  return { end: dismiss };
}

/** Take up again what pages before this one began, and what else runs for this visitor. */
export async function restoreJobs() {
  const [remembered, listed] = [await allOf("jobs"), await listJobs().catch(() => null)]; // an older server lists none
  const shown = new Set();
  for (const [id, { purpose, about, fields }] of remembered) {
    if (purpose === "film") await import("./video.js");
    if (!kinds.has(purpose)) continue;
    const lost = { id, kind: fields?.kind, state: "failed", progress: 0, error: FORGOTTEN };
    const found = listed?.find((one) => one.id === id) ?? (await askJob(id).catch((error) => error));
    if (found instanceof Error && found.status !== 404) continue; // it may be there when the server is
    shown.add(id);
    showJob(
      purpose,
      about,
      async () => (found instanceof Error ? lost : found),
      () => fields,
    );
  }
  for (const one of listed ?? []) {
    if (shown.has(one.id) || ENDED.includes(one.state)) continue;
    showJob(
      "unknown",
      { kind: one.kind },
      async () => one,
      () => null,
    );
  }
}

onJobs("unknown", ({ kind }) => ({ title: NAMES[kind] ?? "A job", open: { label: "Open", run: (url) => open(url) } }));
