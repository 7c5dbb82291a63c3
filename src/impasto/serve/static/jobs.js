// Long work: a card for each job with its progress, its preview, and a way to call it off.
import { createJob, endJob, followJob } from "./api.js";
import { $, element, icon, percent } from "./dom.js";
import { tell, tellError } from "./messages.js";

const STATES = { queued: "Waiting", running: "Working", done: "Done", failed: "Failed", cancelled: "Called off" };

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
  const body = element("div", { className: "words" }, element("b", { textContent: title }), status, bar);
  const root = element("li", { className: "job" }, picture, body, save, end);
  return { root, bar, status, picture, end, save };
}

/** Start a job and show it; fields are those of POST /v1/jobs, the others as showJob() takes them. */
export const runJob = (title, fields, told) => showJob(title, () => createJob(fields), told);

/**
 * Show a job until it is dismissed.
 *
 * begin() gives the job, which may be one that was begun long ago. onPreview(url), onResult(url) and onEnd() are told as
 * it goes; onSave(url) is what the card's button does with the result.
 */
export async function showJob(
  title,
  begin,
  { onPreview = () => {}, onResult = () => {}, onEnd = () => {}, onSave = null } = {},
) {
  const card = makeCard(title);
  $("#jobs").prepend(card.root);
  let id = null;
  let stop = () => {};
  let ended = false;
  const dismiss = () => {
    stop();
    if (id) endJob(id).catch(() => {}); // it may have been forgotten already
    card.root.remove();
    if (!ended) onEnd();
    ended = true;
  };
  card.end.addEventListener("click", dismiss);

  const changed = (job) => {
    card.bar.value = job.progress;
    card.root.dataset.state = job.state;
    const parts = [
      STATES[job.state] ?? job.state,
      job.state === "running" ? percent(job.progress) : "",
      job.message,
      remaining(job.eta_seconds),
    ];
    card.status.textContent = job.error ?? parts.filter(Boolean).join(" · ");
    // The address changes with the picture behind it.
    if (job.preview && job.state === "running" && card.picture.dataset.address !== job.preview) {
      Object.assign(card.picture, { src: job.preview, hidden: false });
      card.picture.dataset.address = job.preview;
      onPreview(job.preview);
    }
    if (!["done", "failed", "cancelled"].includes(job.state)) return;
    ended = true;
    card.bar.hidden = true;
    card.end.textContent = "Dismiss";
    if (job.state === "done") {
      onResult(job.result);
      card.save.hidden = !onSave;
      card.save.addEventListener("click", () => onSave(job.result));
      tell(`${title}: done.`);
    }
    onEnd();
  };

  try {
    card.status.textContent = "Sending";
    const job = await begin();
    id = job.id;
    card.root.dataset.kind = job.kind;
    changed(job);
    if (!card.root.isConnected) endJob(id).catch(() => {});
    else stop = followJob(id, changed);
  } catch (error) {
    card.root.remove();
    onEnd();
    tellError(error);
  }
}
