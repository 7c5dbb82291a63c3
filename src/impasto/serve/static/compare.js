// Before and after: a divider over the picture, left of which the photo shows.
import { $, clamp } from "./dom.js";
import { state, subscribe } from "./state.js";

const STEP = 5; // percent an arrow key moves it

let on = false;
let place = 50; // percent from the left

function show() {
  const active = on && Boolean(state.result);
  $("#compare").setAttribute("aria-pressed", on);
  $("#divider").hidden = !active;
  $("#divider").style.left = `${place}%`;
  $("#divider").setAttribute("aria-valuenow", Math.round(place));
  $("#divider").setAttribute("aria-valuetext", `${Math.round(place)} % photo`);
  $("#after").style.clipPath = active ? `inset(0 0 0 ${place}%)` : "";
}

function moveTo(percent) {
  place = clamp(percent, 0, 100);
  show();
}

/** Wire the button and the divider. */
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
  subscribe(["result", "photo"], show);
}
