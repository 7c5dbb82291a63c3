// Films: one is chosen, sent as a job, and comes back painted.
import { $, element, icon, save } from "./dom.js";
import { onJobs, runJob } from "./jobs.js";
import { tell } from "./messages.js";
import { lookFields, styleField } from "./server-painter.js";
import { mixture, state, subscribe } from "./state.js";

let parts = null;
let film = null; // {file, url}
let painted = null; // the address of the painted film
let working = false;

function build() {
  const choose = () => $("#video-file").click();
  const button = element(
    "button",
    { type: "button", className: "primary", on: { click: choose } },
    icon("film"),
    "Choose a film",
  );
  const invitation = element(
    "div",
    { className: "empty" },
    icon("film"),
    element("h2", { textContent: "Paint a film" }),
    element("p", { textContent: "Drop one here. It is painted steadily and keeps its sound." }),
    element("div", { className: "row" }, button),
  );
  invitation.querySelector("svg").classList.add("empty-mark");
  const player = element("video", { id: "film", controls: true, playsInline: true, loop: true, hidden: true });
  player.setAttribute("aria-label", "The film");
  player.addEventListener("loadedmetadata", () =>
    $("#video").style.setProperty("--ratio", player.videoWidth / player.videoHeight || 1.78),
  );
  player.addEventListener("error", () => {
    if (player.src && !painted)
      tell("The browser cannot play this film, but the studio may still be able to paint it.");
  });
  const emerging = element("img", { className: "emerging", alt: "The film as it is painted", hidden: true });
  const which = ["The film", "Painted"].map((text, index) =>
    element("button", {
      type: "button",
      textContent: text,
      aria: { pressed: index === 0 },
      on: { click: () => showFilm(index === 1) },
    }),
  );
  const segments = element("div", { className: "segments", hidden: true }, ...which);
  const another = element(
    "button",
    { type: "button", className: "quiet", on: { click: choose } },
    icon("film"),
    element("span", { textContent: "Another film" }),
  );
  const paint = element(
    "button",
    { type: "button", className: "primary", id: "paint-film", on: { click: paintFilm } },
    "Paint the film",
  );
  const hint = element("span", { className: "hint", textContent: "Films are painted by the server only." });
  const bar = element(
    "div",
    { className: "toolbar", role: "toolbar", aria: { label: "Film" }, hidden: true },
    element("div", { className: "group" }, another),
    element("div", { className: "group" }, segments),
    element("div", { className: "group end" }, hint, paint),
  );
  $("#video").append(invitation, player, emerging);
  $(".stage").insertBefore(bar, $("#mask-tools"));
  return { invitation, player, emerging, segments, which, bar, paint, hint };
}

function showFilm(result) {
  parts.player.src = result ? painted : film.url;
  parts.which.forEach((button, index) => button.setAttribute("aria-pressed", (index === 1) === result));
}

/** Make a file the film of the page. */
export function takeFilm(file) {
  if (file.type && !file.type.startsWith("video/")) {
    tell(`“${file.name}” is no film; choose an MP4, MOV, WebM or another video file.`, { error: true });
    return;
  }
  if (film) URL.revokeObjectURL(film.url);
  film = { file, url: URL.createObjectURL(file) };
  painted = null;
  parts.segments.hidden = true;
  show();
  showFilm(false);
}

function show() {
  parts.bar.hidden = state.mode !== "video" || !film;
  parts.invitation.hidden = Boolean(film);
  parts.player.hidden = !film;
  // Whoever keeps everything in the browser does not want a film to be sent.
  parts.paint.disabled = working || state.inBrowser;
  parts.hint.hidden = !state.inBrowser;
}

function paintFilm() {
  const mine = film;
  const { player } = parts;
  working = true;
  show();
  const ending = `${mine.file.name.replace(/\.[^.]+$/, "")}-painted.mp4`;
  const long = Math.max(player.videoWidth, player.videoHeight) || 1;
  runJob("film", { title: mine.file.name, ending }, () => ({
    kind: "video",
    content: mine.file,
    style: styleField(mixture()),
    ...lookFields(state.look, long),
  }));
}

onJobs("film", ({ title, ending }) => {
  const mine = film; // none of a page that was loaded anew
  return {
    title,
    onPreview(url) {
      if (film && mine === film) Object.assign(parts.emerging, { src: url, hidden: false });
    },
    onResult(url) {
      if (!film || mine !== film) return;
      painted = url;
      parts.segments.hidden = false;
      showFilm(true);
    },
    onEnd() {
      working = false;
      if (!parts) return;
      parts.emerging.hidden = true;
      show();
    },
    onSave: (url) => save(url, ending),
    howAgain: "The film is too large to be kept here: choose it again.",
  };
});

/** Build the room at the first visit. */
export function startVideo() {
  if (parts) return;
  parts = build();
  subscribe(["inBrowser"], show);
  subscribe(["mode"], () => {
    show();
    if (state.mode !== "video") parts.player.pause();
  });
}
