// A step back, and forth again, over everything that a painting is made of.
import { $ } from "./dom.js";
import { easel, putBack, state, subscribe, update } from "./state.js";

const MOST = 60;
const TOGETHER_MS = 700; // changes of one kind that follow each other sooner are one step, such as a slider's

let past = [];
let future = [];
let now = null; // what the easel was after the last change
let last = { kind: "", at: 0 };
let stepping = false;

function show() {
  $("#undo").disabled = !past.length;
  $("#redo").disabled = !future.length;
}

function changed(keys) {
  if (stepping || !now) return;
  const kind = keys.join();
  const at = performance.now();
  if (kind !== last.kind || at - last.at > TOGETHER_MS) past = [...past, now].slice(-MOST);
  last = { kind, at };
  future = [];
  now = easel();
  show();
}

function step(from, to) {
  const target = from.pop();
  if (!target) return;
  to.push(now);
  now = target;
  last = { kind: "", at: 0 };
  stepping = true;
  putBack(target);
  stepping = false;
  show();
}

/** Show another result of the same easel, such as a refined one, as a step that can be undone. */
export function replaceResult(result) {
  past = [...past, now].slice(-MOST);
  future = [];
  update({ result });
  show();
}

/** Begin to remember, once what was kept is back on the easel. */
export function startUndo() {
  now = easel();
  subscribe(["photo", "chosen", "look", "mask", "feather"], (all) =>
    changed(all.filter((key) => ["photo", "chosen", "look", "mask", "feather"].includes(key))),
  );
  subscribe(["result"], () => {
    // It belongs to the state that it was painted of.
    if (state.result && !state.result.preview) now = { ...now, result: state.result };
  });
  $("#undo").addEventListener("click", () => step(past, future));
  $("#redo").addEventListener("click", () => step(future, past));
  document.addEventListener("keydown", (event) => {
    const key = event.key.toLowerCase();
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.target.matches("input[type=search], textarea"))
      return;
    if (key === "z" && !event.shiftKey) step(past, future);
    else if (key === "y" || (key === "z" && event.shiftKey)) step(future, past);
    else return;
    event.preventDefault();
  });
  show();
}
