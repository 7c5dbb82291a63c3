// Before and after: a divider over the picture, left of which the photo shows, or the painting that is being refined.
import { $, clamp } from "./dom.js";
import { state, subscribe } from "./state.js";

const STEP = 5; // percent an arrow key moves it

let on = false;
let place = 50; // percent from the left

function show() {
  const { refining } = state;
  const active = refining || (on && state.result);
  $("#compare").setAttribute("aria-pressed", on);
  $("#divider").hidden = !active;
  $("#divider").style.left = `${place}%`;
  $("#divider").setAttribute("aria-valuenow", Math.round(place));
  $("#divider").setAttribute("aria-valuetext", `${Math.round(place)} % ${refining ? "before" : "photo"}`);
  const cut = active ? `inset(0 0 0 ${place}%)` : "";
  $("#after").style.clipPath = refining ? "" : cut;
  $("#refined").style.clipPath = refining ? cut : "";
  $("#refined").hidden = !refining;
  if (refining && $("#refined").src !== refining.url) $("#refined").src = refining.url;
}

function moveTo(percent) {
  place = clamp(percent, 0, 100);
  show();
}

// The photo itself, for as long as the button is held.
function wireOriginal() {
  const button = $("#original");
  const look = (held) => () => $("#frame").classList.toggle("original", held);
  button.addEventListener("pointerdown", look(true));
  button.addEventListener("contextmenu", (event) => event.preventDefault()); // of a long touch
  for (const kind of ["pointerup", "pointerleave", "pointercancel", "blur"]) button.addEventListener(kind, look(false));
  const keys = [" ", "Enter"];
  button.addEventListener("keydown", (event) => keys.includes(event.key) && look(true)());
  button.addEventListener("keyup", look(false));
  const typing = (target) => target.matches("input, select, textarea");
  document.addEventListener("keydown", (event) => {
    if (event.key === "o" && !event.ctrlKey && !event.metaKey && !typing(event.target)) look(true)();
  });
  document.addEventListener("keyup", (event) => event.key === "o" && look(false)());
}

/** Wire the buttons and the divider. */
export function startCompare() {
  const divider = $("#divider");
  $("#compare").addEventListener("click", () => {
    on = !on;
    show();
    if (on && state.result) divider.focus();
  });
  divider.addEventListener("pointerdown", (event) => {
    event.stopPropagation();
    divider.setPointerCapture(event.pointerId);
  });
  divider.addEventListener("pointermove", (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return;
    const box = $("#frame").getBoundingClientRect();
    moveTo((100 * (event.clientX - box.left)) / box.width);
  });
  divider.addEventListener("keydown", (event) => {
    const target = { ArrowLeft: place - STEP, ArrowRight: place + STEP, Home: 0, End: 100 }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    moveTo(target);
  });
  wireOriginal();
  subscribe(["result", "photo", "refining"], show);
}
