// The camera, painted while it runs: by the server, or in this browser.
import { browserLive } from "./live-browser.js";
import { Camera } from "./camera.js";
import { $, element, icon, save } from "./dom.js";
import { serverLive } from "./live-server.js";
import { tell, tellError } from "./messages.js";
import { record } from "./recorder.js";
import { mixture, state, subscribe } from "./state.js";

const LONG_SIDES = [320, 480, 640]; // pixels of a frame
const WINDOW_MS = 2000; // over which frames are counted ...
const SLOW = 4; // ... or over so many, if they take longer

const camera = new Camera();
let painter = null;
let recording = null;
let mirrored = true;
let long = 480;
let shown = []; // {at, latency} of the frames shown lately
let parts = null; // the room's elements
let counting = 0;

const settings = () => ({ styles: mixture(), strength: state.look.strength, color: state.look.color });

function build() {
  const canvas = element("canvas", {
    id: "live-picture",
    width: 480,
    height: 360,
    role: "img",
    aria: { label: "The painted camera" },
  });
  const start = element(
    "button",
    { type: "button", className: "primary", id: "live-start", on: { click: begin } },
    icon("camera"),
    "Start the camera",
  );
  const words = element("p", { id: "live-words" });
  const invitation = element(
    "div",
    { className: "empty", id: "live-empty" },
    icon("camera"),
    element("h2", { textContent: "Paint the camera" }),
    words,
    element("div", { className: "row" }, start),
  );
  invitation.querySelector("svg").classList.add("empty-mark");
  const tool = (id, name, label, click, quiet = "quiet") =>
    element(
      "button",
      { type: "button", className: quiet, id, on: { click } },
      icon(name),
      element("span", { textContent: label }),
    );
  const stats = element("p", { className: "stats", id: "live-stats", data: { fps: 0 } });
  const mirror = tool("live-mirror", "compare", "Mirror", () => {
    mirrored = !mirrored;
    mirror.setAttribute("aria-pressed", mirrored);
  });
  mirror.setAttribute("aria-pressed", mirrored);
  const size = element("select", {
    id: "live-size",
    aria: { label: "Size of the painted frames" },
    on: {
      change: () => {
        long = Number(size.value);
      },
    },
  });
  for (const one of LONG_SIDES)
    size.append(element("option", { value: one, textContent: `${one} px`, selected: one === long }));
  const bar = element(
    "div",
    { className: "toolbar live-bar", role: "toolbar", aria: { label: "Camera" }, hidden: true },
    element("div", { className: "group" }, stats),
    element(
      "div",
      { className: "group end" },
      size,
      mirror,
      tool("live-snapshot", "camera", "Snapshot", snapshot),
      tool("live-record", "record", "Record", toggleRecording),
      tool("live-stop", "stop", "Stop", end),
    ),
  );
  const room = element("div", { className: "live-room", hidden: true }, canvas);
  $("#live").append(invitation, room);
  $(".stage").insertBefore(bar, $("#mask-tools"));
  return { canvas, invitation, words, stats, bar, room, recordButton: bar.querySelector("#live-record") };
}

function showWords() {
  parts.words.textContent = state.inBrowser
    ? "Painted here in the browser; the camera’s pictures never leave this machine."
    : "Frames go to the studio’s server and come back painted. “In this browser” keeps them on this machine.";
}

function showPicture(bitmap, latency) {
  const { canvas } = parts;
  if (canvas.width !== bitmap.width || canvas.height !== bitmap.height)
    Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  bitmap.close();
  shown.push({ at: performance.now(), latency });
}

function count() {
  const now = performance.now();
  shown = shown.filter(
    ({ at }, index) => now - at < WINDOW_MS || (index >= shown.length - SLOW && now - at < SLOW * WINDOW_MS),
  );
  const { stats } = parts;
  stats.dataset.fps = 0;
  if (shown.length < 2) {
    stats.textContent = "Waiting for the first picture";
    return;
  }
  const fps = (1000 * (shown.length - 1)) / (shown.at(-1).at - shown[0].at);
  const latencies = shown
    .map(({ latency }) => latency)
    .filter((one) => one !== null)
    .sort((a, b) => a - b);
  const latency = latencies[latencies.length >> 1];
  stats.dataset.fps = fps.toFixed(1);
  const where = state.inBrowser ? "in this browser" : "by the server";
  const rate = `${fps.toFixed(fps < 10 ? 1 : 0)} frames/s`;
  stats.textContent = [rate, latency === undefined ? "" : `${Math.round(latency)} ms`, where]
    .filter(Boolean)
    .join(" · ");
}

function engage() {
  painter?.close();
  shown = [];
  const begun = state.inBrowser ? browserLive : serverLive;
  painter = begun({
    settings,
    onPicture: showPicture,
    onError(sentence, final = false) {
      tellError(new Error(sentence));
      if (final) end();
    },
  });
}

async function begin() {
  try {
    await camera.open(640, 480);
  } catch (error) {
    tellError(error, { label: "Try again", run: begin });
    return;
  }
  camera.onLost = end;
  parts.invitation.hidden = true;
  parts.room.hidden = false;
  parts.bar.hidden = false;
  engage();
  counting = setInterval(count, 500);
  count();
  camera.everyFrame(() => {
    if (painter?.ready()) painter.give(camera.capture(long, mirrored));
  });
}

async function end() {
  if (recording) await toggleRecording();
  clearInterval(counting);
  painter?.close();
  painter = null;
  camera.close();
  parts.invitation.hidden = false;
  parts.room.hidden = true;
  parts.bar.hidden = true;
}

const nameNow = (ending) => `impasto-${new Date().toISOString().slice(0, 19).replace(/[:T]/g, "-")}.${ending}`;

function snapshot() {
  parts.canvas.toBlob((blob) => save(blob, nameNow("png")), "image/png");
}

async function toggleRecording() {
  const button = parts.recordButton;
  try {
    if (recording) {
      const film = await recording.stop();
      recording = null;
      if (film.size) save(film, nameNow(film.type.endsWith("mp4") ? "mp4" : "webm"));
      else tell("Nothing was painted while it recorded; record for longer.");
    } else recording = record(parts.canvas);
  } catch (error) {
    recording = null;
    tellError(error);
  }
  button.querySelector("span").textContent = recording ? "Stop and save" : "Record";
  button.classList.toggle("recording", Boolean(recording));
}

/** Build the room at the first visit. */
export function startLive() {
  if (parts) return;
  parts = build();
  showWords();
  subscribe(["chosen", "look"], () => painter?.configure());
  subscribe(["inBrowser"], () => {
    showWords();
    if (painter) engage();
  });
  subscribe(["mode"], () => {
    if (state.mode !== "live" && painter) end();
  });
}
