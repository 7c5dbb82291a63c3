// Long work: a card for each job with its progress, its preview, and a way to call it off. Jobs outlive the page.
import { createJob, endJob, followJob, hasEnded, job as askJob, listJobs } from "./api.js";
import { $, element, icon, percent } from "./dom.js";
import { tell, tellError } from "./messages.js";
import { titleOf } from "./state.js";
import { allOf, drop, keep } from "./store.js";

const STATES = { queued: "Waiting", running: "Working", done: "Done", failed: "Failed", cancelled: "Called off" };
const FORGOTTEN = "The studio has forgotten this job.";
const INTERRUPTED = "The studio was stopped before this was done.";
const MOST_KEPT = 200e6; // bytes of a film, above which it has to be chosen again to be sent again
const NAMES = {
  stylize: "A picture",
  video: "A film",
  optimize: "A painting being refined",
  learn: "A style being learnt",
};

const kinds = new Map(); // what a job is for -> about => what showJob() is told

/**
 * Say how jobs for one purpose are shown, whichever page began them: make(about) gives {title, onPreview(url, job),
 * onBegin({end}), onResult(url, {again}), onEnd(), onSave(url), open: {label, run(url)},
 * howAgain: what one can do where it cannot be sent again, silent}, of which all but the title may be missing.
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
  const again = element("button", { type: "button", className: "again", hidden: true }, icon("reset"), "Send it again");
  const body = element("div", { className: "words" }, element("b", { textContent: title }), status, bar);
  const buttons = element("div", { className: "buttons" }, open, save, again, end);
  const root = element("li", { className: "job" }, picture, body, buttons);
  return { root, bar, status, picture, end, save, open, again };
}

const goneJob = (id, kind) => ({ id, kind, state: "failed", progress: 0, gone: true });

const keepJob = (id, purpose, about, fields, done = false) =>
  keep("jobs", id, {
    purpose,
    about,
    done,
    photo: about.photo ?? null,
    fields: fields?.content?.size > MOST_KEPT ? null : fields,
  });

/**
 * Begin a job and show it. Its fields, those of POST /v1/jobs, are kept with it to send it again where a server ends
 * before it does. Gives {end()}, which forgets the job.
 */
export function runJob(purpose, about, makeFields, instead = null) {
  let fields = null;
  const begin = async () => {
    fields = await makeFields();
    const made = await createJob(fields);
    keepJob(made.id, purpose, about, fields);
    return made;
  };
  return showJob(purpose, about, begin, () => fields, instead);
}

// begin() gives the job, which may be one that was begun long ago; fieldsOf() what it can be sent again with; `instead`
// is the card whose job it is once more, which goes once the studio has it.
function showJob(purpose, about, begin, fieldsOf, instead = null) {
  const told = kinds.get(purpose)(about);
  const card = makeCard(told.title);
  $("#jobs").prepend(card.root);
  if (instead) instead.root.hidden = true;
  let id = null;
  let stop = () => {};
  let ended = false;
  let seen = false;
  let result = null; // {url, message} of a job that is done
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
  card.again.addEventListener("click", () =>
    runJob(purpose, about, async () => fieldsOf(), { root: card.root, dismiss }),
  );
  card.save.addEventListener("click", () => told.onSave(result.url));
  card.open.addEventListener("click", () => told.open.run(result.url, result.message));

  told.onBegin?.({ end: dismiss });

  const changed = (job) => {
    const again = !seen && hasEnded(job); // it had ended before the page knew of it
    seen = true;
    card.bar.value = job.progress;
    card.root.dataset.state = job.interrupted ? "interrupted" : job.state;
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
    if (!hasEnded(job)) return;
    ended = true;
    card.bar.hidden = true;
    card.end.textContent = "Dismiss";
    if (job.state === "done") {
      if (id) keepJob(id, purpose, about, null, true); // what it was made of is needed no more
      result = { url: job.result, message: job.message };
      told.onResult?.(result.url, { again, message: result.message });
      card.save.hidden = !told.onSave;
      Object.assign(card.open, { hidden: !told.open, textContent: told.open?.label ?? "" });
      if (!again && !told.silent) tell(`${told.title}: done.`);
    } else {
      card.again.hidden = job.state !== "failed" || !fieldsOf();
      const offer = card.again.hidden ? (told.howAgain ?? "") : "It can be sent again.";
      if (job.interrupted || job.gone)
        card.status.textContent = `${job.gone ? FORGOTTEN : INTERRUPTED} ${offer}`.trim();
    }
    told.onEnd?.();
  };
  const gone = () => changed(goneJob(id));
  const silent = (sentence) => {
    card.status.textContent = sentence;
  };

  (async () => {
    try {
      card.status.textContent = "Sending";
      const job = await begin();
      id = job.id;
      instead?.dismiss();
      card.root.dataset.kind = job.kind;
      if (!card.root.isConnected) return dismiss(); // called off while it was sent
      changed(job);
      if (!hasEnded(job)) stop = followJob(id, { changed, gone, silent });
    } catch (error) {
      if (instead) instead.root.hidden = false;
      if (card.root.isConnected) told.onEnd?.();
      card.root.remove();
      tellError(error);
    }
  })();
  return { end: dismiss };
}

/** Take up again what pages before this one began, and what else runs or was interrupted for this visitor. */
export async function restoreJobs() {
  const [remembered, listed] = await Promise.all([allOf("jobs"), listJobs().catch(() => [])]);
  const shown = new Set();
  for (const [id, { purpose, about, fields, done }] of remembered) {
    if (purpose === "film") await import("./video.js");
    if (!kinds.has(purpose)) continue;
    // A visitor whose address has changed is listed nothing, but knows the names of what was sent.
    const found = listed.find((one) => one.id === id) ?? (await askJob(id).catch((error) => error));
    const isGone = found.status === 404;
    if (found instanceof Error && !isGone) continue; // it may be there when the server is
    if (isGone && done) {
      drop("jobs", id);
      continue;
    }
    shown.add(id);
    showJob(
      purpose,
      about,
      async () => (isGone ? goneJob(id, fields?.kind) : found),
      () => fields,
    );
  }
  for (const one of listed) {
    if (shown.has(one.id) || (hasEnded(one) && !one.interrupted)) continue;
    showJob(
      "unknown",
      { kind: one.kind, styles: one.styles },
      async () => one,
      () => null,
    );
  }
}

onJobs("unknown", ({ kind, styles }) => ({
  title: [NAMES[kind] ?? "A job", styles.map(titleOf).join(", ")].filter(Boolean).join(": "),
  howAgain: "Whoever sent it can send it again.",
  open: { label: "Open", run: (url) => open(url) },
}));
