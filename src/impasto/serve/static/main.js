// Puts the page together. What only some visits need (camera, films, the model) is loaded when asked for.
import { startAddress } from "./address.js";
import { startCompare } from "./compare.js";
import { $ } from "./dom.js";
import { startDownload } from "./download.js";
import { loadStyles, startGallery } from "./gallery.js";
import { restoreHistory, startHistory } from "./history.js";
import { restoreJobs } from "./jobs.js";
import { startLearn } from "./learn.js";
import { startLook } from "./look.js";
import { isMasking, startMask } from "./mask.js";
import { tellError } from "./messages.js";
import { startMixer } from "./mixer.js";
import { startPainter } from "./painter.js";
import { acceptDrops, startPhoto, takePhoto } from "./photo.js";
import { startRefine } from "./refine.js";
import { startStage } from "./stage.js";
import { state, subscribe, update } from "./state.js";
import { startThumbs } from "./thumbs.js";
import { startUndo } from "./undo.js";
import { startView } from "./view.js";
import { keepSoon, restoreEasel, restoreSettings, startVisit } from "./visit.js";

const THEMES = ["system", "light", "dark"];

const rooms = {
  live: async () => (await import("./live.js")).startLive(),
  video: async () => (await import("./video.js")).startVideo(),
};

async function enter(mode) {
  try {
    await rooms[mode]?.();
    update({ mode });
  } catch (error) {
    tellError(error);
  }
}

async function takeFilm(file) {
  await enter("video");
  (await import("./video.js")).takeFilm(file);
}

function startTheme() {
  const button = $("#theme");
  const show = () => {
    const theme = document.documentElement.dataset.theme ?? "system";
    button.setAttribute("aria-label", `Theme: ${theme === "system" ? "as the system" : theme}`);
    button.title = button.getAttribute("aria-label");
  };
  button.addEventListener("click", () => {
    const now = document.documentElement.dataset.theme ?? "system";
    const next = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
    if (next === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    try {
      if (next === "system") localStorage.removeItem("theme");
      else localStorage.setItem("theme", next);
    } catch {
      // Then the theme lasts until the page is closed.
    }
    show();
  });
  show();
}

async function loadBrowserModel() {
  const input = $("#in-browser");
  input.disabled = true;
  try {
    const { loadModel } = await import("./browser-model.js");
    await loadModel((sentence) => {
      $("#note").textContent = sentence;
    });
    return true;
  } catch (error) {
    tellError(error);
    return false;
  } finally {
    input.disabled = false;
    $("#note").textContent = "";
  }
}

function startInBrowser() {
  const input = $("#in-browser");
  input.addEventListener("change", async () => {
    if (!input.checked) update({ inBrowser: false });
    else if (await loadBrowserModel()) update({ inBrowser: true });
    else input.checked = state.inBrowser;
  });
  subscribe(["inBrowser"], () => {
    input.checked = state.inBrowser;
  });
}

startStage();
startView(isMasking);
startMask();
startCompare();
startDownload();
startHistory();
startMixer();
startLook();
startRefine();
startLearn();
startPainter();
startPhoto(() => state.mode);
startGallery();
startThumbs();
startTheme();
startInBrowser();
// Here rather than in the room of films: a file may be chosen before that has come.
$("#video-file").addEventListener("change", ({ target }) => {
  if (target.files[0]) takeFilm(target.files[0]);
  target.value = "";
});
acceptDrops($("#easel"), "image", async (file) => {
  const isFilm = file.type.startsWith("video/");
  if (isFilm || state.mode === "video") {
    await takeFilm(file);
  } else {
    await enter("photo");
    takePhoto(file);
  }
});
for (const button of document.querySelectorAll(".modes button"))
  button.addEventListener("click", () => enter(button.dataset.mode));

// Everything as the last page left it. Whether the photo may leave this machine comes before the photo.
async function restore() {
  const { before, mode } = await restoreSettings();
  startVisit();
  if (state.inBrowser) loadBrowserModel();
  await loadStyles();
  await restoreEasel(before);
  startUndo();
  await restoreHistory();
  startAddress(enter);
  keepSoon();
  if (mode !== "photo") await enter(mode);
  await restoreJobs();
}
restore().catch(tellError);
