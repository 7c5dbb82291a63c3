// The mask: a brush on the picture says where the style goes and where the photo stays.
import { $ } from "./dom.js";
import { buildMaskTools } from "./mask-tools.js";
import { state, subscribe, update } from "./state.js";
import { fingers } from "./view.js";

const LONG = 1024; // pixels of the mask's long side, whatever the photo's
const QUIET_MS = 120;
const STROKES = 12; // that can be taken back

const brush = { adds: false, size: 14 }; // size in percent of the long side
let open = false;
let last = null; // the stroke's last place, in mask pixels
let touched = false; // anything painted on this photo's mask
let cursor = null; // where the keyboard's brush is
let sending = 0;
let current = null; // the mask that the sheet holds
let undone = []; // the sheet before each of the last strokes; null where nothing was painted yet

// The mask itself is not on the page: white is style, black is photo. The canvas on the page shows it.
const sheet = document.createElement("canvas");
const context = () => sheet.getContext("2d", { willReadFrequently: true });

/** Whether the brush is out. */
export const isMasking = () => open;

function fresh() {
  const [width, height] = state.photo ? state.photo.sizeAt(LONG) : [1, 1];
  for (const canvas of [sheet, $("#mask-canvas")]) Object.assign(canvas, { width, height });
  touched = false;
  cursor = null;
  undone = [];
  show();
}

function undo() {
  if (!undone.length) return;
  const before = undone.pop();
  touched = before !== null;
  if (before) context().putImageData(before, 0, 0);
  show();
}

function begin() {
  undone = [...undone, touched ? context().getImageData(0, 0, sheet.width, sheet.height) : null].slice(-STROKES);
  if (touched) return;
  // The first stroke tells what is meant: style only here, or photo only here.
  context().fillStyle = brush.adds ? "black" : "white";
  context().fillRect(0, 0, sheet.width, sheet.height);
  touched = true;
}

function stroke(from, to) {
  const ink = context();
  ink.strokeStyle = brush.adds ? "white" : "black";
  ink.lineCap = "round";
  ink.lineJoin = "round";
  ink.lineWidth = (brush.size / 100) * Math.max(sheet.width, sheet.height);
  ink.beginPath();
  ink.moveTo(...from);
  ink.lineTo(to[0] + 0.01, to[1]);
  ink.stroke();
  show();
}

// The photo's part is veiled, so that what will be painted stands out.
function show() {
  const canvas = $("#mask-canvas");
  const ink = canvas.getContext("2d");
  ink.clearRect(0, 0, canvas.width, canvas.height);
  if (open && touched) {
    const veil = context().getImageData(0, 0, sheet.width, sheet.height);
    for (let i = 0; i < veil.data.length; i += 4) {
      veil.data[i + 3] = (255 - veil.data[i]) * 0.5;
      veil.data[i] = 214;
      veil.data[i + 1] = 64;
      veil.data[i + 2] = 40;
    }
    ink.putImageData(veil, 0, 0);
  }
  if (open && cursor) {
    ink.beginPath();
    ink.arc(...cursor, (brush.size / 200) * Math.max(sheet.width, sheet.height), 0, 7);
    ink.lineWidth = 3;
    ink.strokeStyle = "white";
    ink.stroke();
    ink.lineWidth = 1;
    ink.strokeStyle = "black";
    ink.stroke();
  }
}

function setMask(mask) {
  current = mask;
  update({ mask });
}

// A mask that comes back with a picture of the history.
async function restore() {
  const { mask } = state;
  if (mask === current) return;
  current = mask;
  fresh();
  if (!mask) return;
  const bitmap = await createImageBitmap(mask.blob);
  if (mask !== current) return;
  context().drawImage(bitmap, 0, 0);
  touched = true;
  show();
}

function send() {
  clearTimeout(sending);
  sending = setTimeout(() => {
    const { photo } = state;
    if (!touched) setMask(null);
    else sheet.toBlob((blob) => photo === state.photo && touched && setMask({ blob }), "image/png");
  }, QUIET_MS);
}

function placeOf(event) {
  const box = $("#mask-canvas").getBoundingClientRect();
  return [
    ((event.clientX - box.left) / box.width) * sheet.width,
    ((event.clientY - box.top) / box.height) * sheet.height,
  ];
}

function wirePointer(canvas) {
  canvas.addEventListener("pointerdown", (event) => {
    if (fingers() > 0 && event.pointerType === "touch") return;
    canvas.setPointerCapture(event.pointerId);
    begin();
    last = placeOf(event);
    cursor = last;
    stroke(last, last);
  });
  canvas.addEventListener("pointermove", (event) => {
    cursor = event.pointerType === "touch" ? null : placeOf(event);
    if (!last) return show();
    if (fingers() > 1) {
      // What began as a stroke turns out to be a pinch.
      last = null;
      undo();
      return;
    }
    for (const one of event.getCoalescedEvents?.() ?? [event]) {
      const place = placeOf(one);
      stroke(last, place);
      last = place;
    }
  });
  for (const kind of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(kind, () => {
      if (last) send();
      last = null;
    });
  }
  canvas.addEventListener("pointerleave", () => {
    cursor = null;
    show();
  });
}

function wireKeys(canvas) {
  canvas.addEventListener("keydown", (event) => {
    const step = (brush.size / 200) * Math.max(sheet.width, sheet.height);
    const move = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    if (!move && event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    cursor ??= [sheet.width / 2, sheet.height / 2];
    if (move) {
      cursor = [
        Math.min(sheet.width, Math.max(0, cursor[0] + move[0])),
        Math.min(sheet.height, Math.max(0, cursor[1] + move[1])),
      ];
      show();
    } else {
      begin();
      stroke(cursor, cursor);
      send();
    }
  });
}

function toggle(wanted) {
  open = wanted && Boolean(state.photo);
  $("#mask").setAttribute("aria-pressed", open);
  $("#mask-tools").hidden = !open;
  $("#mask-canvas").hidden = !open;
  show();
}

/** Wire the brush and its tools. */
export function startMask() {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !open || document.querySelector(":popover-open")) return;
    toggle(false);
    $("#mask").focus();
  });
  const canvas = $("#mask-canvas");
  canvas.setAttribute("aria-label", "Mask: the arrow keys move the brush, the space bar paints");
  buildMaskTools(brush, {
    undo() {
      undo();
      send();
    },
    clear() {
      fresh();
      send();
    },
  });
  wirePointer(canvas);
  wireKeys(canvas);
  $("#mask").addEventListener("click", () => toggle(!open));
  subscribe(["photo"], fresh);
  subscribe(["mask"], restore);
  subscribe(["mode"], () => toggle(false));
}
