// The visitor's own photo in every style, small, in the gallery: what is seen first comes first.
import { stylize } from "./api.js";
import { $ } from "./dom.js";
import { onBusy } from "./painter.js";
import { state, subscribe } from "./state.js";

const LONG = 288; // pixels of the long side
const AT_ONCE = 2; // more would wait for each other, and for them whoever moves a slider
const WAIT_MS = 60; // between two looks whether the picture itself is done

let busy = false;
let run = null; // the controller of the photo's round
let made = new Map(); // style, and whether it was learnt → address
let failed = new Set();

const keyOf = ({ name, learnt }) => `${name} ${learnt}`;

function show(style) {
  const url = made.get(keyOf(style));
  const picture = url && $(`.card[data-name="${CSS.escape(style.name)}"] .pick img`);
  if (!picture) return;
  picture.dataset.address = url; // should it not have been seen yet
  picture.src = url;
  picture.closest(".card").classList.add("of-photo");
}

/** The style whose thumbnail is wanted most: one in sight, and of those not one whose painter must be opened first. */
function next(asked) {
  const box = $("#gallery").getBoundingClientRect();
  const cost = (style) => {
    const card = $(`.card[data-name="${CSS.escape(style.name)}"]`);
    if (!card || card.hidden) return 4;
    const { top, bottom, left, right } = card.getBoundingClientRect();
    const seen = bottom > box.top && top < box.bottom && right > box.left && left < box.right;
    return (seen ? 0 : 2) + (style.learnt ? 1 : 0);
  };
  const open = state.styles.filter((one) => !made.has(keyOf(one)) && !asked.has(keyOf(one)) && !failed.has(keyOf(one)));
  return open.map((style) => [cost(style), style]).sort(([one], [other]) => one - other)[0]?.[1];
}

async function work(photo, signal, asked) {
  for (let style = next(asked); style && !signal.aborted; style = next(asked)) {
    asked.add(keyOf(style));
    while (busy && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    try {
      const content = await photo.copy(LONG);
      const blob = await stylize({ content, style: style.name, format: "jpeg", quality: 82 }, signal);
      if (signal.aborted) return;
      made.set(keyOf(style), URL.createObjectURL(blob));
      show(style);
    } catch (error) {
      if (signal.aborted) return;
      if (!error.retryAfter) failed.add(keyOf(style));
      asked.delete(keyOf(style)); // too much to do: the round comes back to it
      await new Promise((resolve) => setTimeout(resolve, 1000 * (error.retryAfter ?? 0)));
    }
  }
}

function begin({ anew = false } = {}) {
  const { photo, styles, inBrowser } = state;
  run?.abort();
  run = null;
  if (anew) {
    for (const url of made.values()) URL.revokeObjectURL(url);
    made = new Map();
    failed = new Set();
    for (const style of styles) {
      const card = $(`.card[data-name="${CSS.escape(style.name)}"].of-photo`);
      if (!card) continue;
      card.classList.remove("of-photo");
      Object.assign(card.querySelector(".pick img"), { src: style.thumbnail }).dataset.address = style.thumbnail;
    }
  }
  styles.forEach(show);
  if (!photo || inBrowser) return; // what is painted in the browser does not leave it
  run = new AbortController();
  const asked = new Set();
  for (let one = 0; one < AT_ONCE; one += 1) work(photo, run.signal, asked);
}

/** Paint thumbnails of every new photo. */
export function startThumbs() {
  onBusy((now) => {
    busy = now;
  });
  subscribe(["photo"], () => begin({ anew: true }));
  subscribe(["styles", "inBrowser"], () => begin());
}
