// The picture in its place: fitted to the easel, zoomed by wheel, pinch, keys and buttons, moved by dragging.
import { $, clamp } from "./dom.js";
import { state, subscribe } from "./state.js";

const LARGEST = 16; // times the fitted size
const MARGIN = 24;
const KEY_MOVE = 60;

const view = { scale: 1, x: 0, y: 0, width: 1, height: 1 };
const pointers = new Map(); // id -> last place
let painting = () => false;

const frame = () => $("#frame");

function draw() {
  const limitX = Math.max(0, (view.width * view.scale - view.width) / 2 + MARGIN * 2);
  const limitY = Math.max(0, (view.height * view.scale - view.height) / 2 + MARGIN * 2);
  view.x = view.scale === 1 ? 0 : clamp(view.x, -limitX, limitX);
  view.y = view.scale === 1 ? 0 : clamp(view.y, -limitY, limitY);
  const { style } = frame();
  style.width = `${view.width}px`;
  style.height = `${view.height}px`;
  style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.scale})`;
  style.setProperty("--scale", view.scale);
  frame().classList.toggle("zoomed", view.scale > 1);
  const shown = Math.round(100 * view.scale);
  $("#zoom-fit").textContent = `${shown} %`;
  $("#zoom-fit").setAttribute("aria-label", `Fit the picture, now at ${shown} %`);
}

/** Fit the picture to the room there is. */
export function fit() {
  const { photo } = state;
  const easel = $("#easel");
  if (!photo || !easel.clientWidth) return;
  const margin = Math.min(MARGIN, easel.clientWidth * 0.03);
  const factor = Math.min(
    (easel.clientWidth - 2 * margin) / photo.width,
    (easel.clientHeight - 2 * margin) / photo.height,
  );
  view.width = Math.max(1, Math.round(photo.width * factor));
  view.height = Math.max(1, Math.round(photo.height * factor));
  Object.assign(view, { scale: 1, x: 0, y: 0 });
  draw();
}

/** Zoom by a factor so that the point under (x, y), from the easel's middle, stays where it is. */
function zoom(factor, x = 0, y = 0) {
  const scale = clamp(view.scale * factor, 1, LARGEST);
  const ratio = scale / view.scale;
  Object.assign(view, { scale, x: x - (x - view.x) * ratio, y: y - (y - view.y) * ratio });
  draw();
}

function fromMiddle({ clientX, clientY }) {
  const box = $("#easel").getBoundingClientRect();
  return [clientX - box.left - box.width / 2, clientY - box.top - box.height / 2];
}

function moved(event) {
  const last = pointers.get(event.pointerId);
  if (!last) return;
  const before = [...pointers.values()];
  pointers.set(event.pointerId, event);
  const after = [...pointers.values()];
  if (after.length === 2) {
    const distance = ([one, other]) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    const middle = {
      clientX: (after[0].clientX + after[1].clientX) / 2,
      clientY: (after[0].clientY + after[1].clientY) / 2,
    };
    zoom(distance(after) / Math.max(1, distance(before)), ...fromMiddle(middle));
  }
  if (after.length === 2 || !painting()) {
    view.x += (event.clientX - last.clientX) / after.length;
    view.y += (event.clientY - last.clientY) / after.length;
    draw();
  }
}

function pressed(event) {
  const move = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
  if (event.target !== frame()) return;
  if (move && view.scale > 1) {
    view.x += KEY_MOVE * move[0];
    view.y += KEY_MOVE * move[1];
    draw();
  } else if (event.key === "+" || event.key === "=") zoom(1.25);
  else if (event.key === "-") zoom(0.8);
  else if (event.key === "0") fit();
  else return;
  event.preventDefault();
}

/** Wire zoom and pan; while `isPainting()` one finger paints, and only two move the picture. */
export function startView(isPainting) {
  painting = isPainting;
  const easel = $("#easel");
  easel.addEventListener(
    "wheel",
    (event) => {
      if (frame().hidden) return;
      event.preventDefault();
      zoom(Math.exp(-clamp(event.deltaY, -60, 60) * 0.005), ...fromMiddle(event));
    },
    { passive: false },
  );
  easel.addEventListener("pointerdown", (event) => {
    if (!frame().contains(event.target) || event.target.closest(".divider")) return;
    pointers.set(event.pointerId, event);
  });
  window.addEventListener("pointermove", moved);
  for (const kind of ["pointerup", "pointercancel"])
    window.addEventListener(kind, (event) => pointers.delete(event.pointerId));
  easel.addEventListener("dblclick", (event) => {
    if (!frame().contains(event.target) || painting()) return;
    if (view.scale > 1) fit();
    else zoom(Math.max(2, state.photo.width / view.width), ...fromMiddle(event));
  });
  frame().addEventListener("keydown", pressed);
  $("#zoom-in").addEventListener("click", () => zoom(1.4));
  $("#zoom-out").addEventListener("click", () => zoom(1 / 1.4));
  $("#zoom-fit").addEventListener("click", fit);
  new ResizeObserver(fit).observe(easel);
  subscribe(["photo"], fit);
}

/** How many fingers or buttons are down; with two, nobody paints. */
export const fingers = () => pointers.size;
