// The styles to choose from: presets and own pictures, with their thumbnails.
import { addStyle, listStyles, removeStyle } from "./api.js";
import { $, element, icon } from "./dom.js";
import { tell, tellError } from "./messages.js";
import { acceptDrops } from "./photo.js";
import { MAX_STYLES, state, subscribe, update } from "./state.js";
import { dropStyle, keepStyle, restoreStyles } from "./visit.js";

const FAVOURITES = "favourites"; // what localStorage calls them

let lazy = null;
let favourites = new Set();
let onlyFavourites = false;

try {
  favourites = new Set(JSON.parse(localStorage.getItem(FAVOURITES) ?? "[]"));
} catch {
  // A browser that keeps nothing begins with none.
}

function toggleFavourite(name) {
  if (!favourites.delete(name)) favourites.add(name);
  try {
    localStorage.setItem(FAVOURITES, JSON.stringify([...favourites]));
  } catch {
    // Then they last until the page is closed.
  }
  showFavourites();
  filter();
}

function showFavourites() {
  for (const one of $("#gallery").querySelectorAll(".card")) {
    const liked = favourites.has(one.dataset.name);
    one.classList.toggle("liked", liked);
    one.querySelector(".like").setAttribute("aria-pressed", liked);
  }
  $("#favourites").hidden = !favourites.size;
  if (!favourites.size) onlyFavourites = false;
  $("#favourites").setAttribute("aria-pressed", onlyFavourites);
}

// Arrow keys go from style to style; rows are as long as they happen to be.
function goTo(event) {
  const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  const here = event.target.closest(".card");
  if (!here || (!move && event.key !== "Home" && event.key !== "End")) return;
  const all = [...$("#gallery").querySelectorAll(".card:not([hidden])")];
  const at = all.indexOf(here);
  let to = event.key === "Home" ? 0 : all.length - 1;
  if (move) {
    const across = all.filter((one) => one.offsetTop === here.offsetTop).length;
    const columns =
      across === all.length
        ? 1
        : Math.max(...all.map((one) => all.filter((other) => other.offsetTop === one.offsetTop).length));
    to = at + move[0] + move[1] * columns;
  }
  event.preventDefault();
  if (!all[to]) return;
  all[to].querySelector(".pick").focus();
  all[to].scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** Choose one style alone, or add it to the mixture or take it out. */
export function choose(name, { add = false } = {}) {
  const there = state.chosen.some((one) => one.name === name);
  if (!add) {
    update({ chosen: [{ name, weight: 1 }] });
  } else if (there) {
    if (state.chosen.length > 1) update({ chosen: state.chosen.filter((one) => one.name !== name) });
  } else if (state.chosen.length === MAX_STYLES) {
    tell(`A mixture has at most ${MAX_STYLES} styles; take one out first.`);
  } else {
    const mean = state.chosen.length
      ? state.chosen.reduce((sum, { weight }) => sum + weight, 0) / state.chosen.length
      : 1;
    update({ chosen: [...state.chosen, { name, weight: mean || 1 }] });
  }
}

function card(style) {
  const { name, title, artist, year, thumbnail, kind, learnt } = style;
  const picture = element("img", { alt: "", width: 96, height: 96, decoding: "async", data: { address: thumbnail } });
  const caption = element("span", { className: "caption" }, element("b", { textContent: title }));
  const details = [artist, year].filter(Boolean).join(", ");
  if (details) caption.append(element("i", { textContent: details }));
  const pick = element(
    "button",
    {
      type: "button",
      className: "pick",
      title: details ? `${title} · ${details}` : title,
      on: { click: (event) => choose(name, { add: event.shiftKey || event.ctrlKey || event.metaKey }) },
    },
    element("span", { className: "picture" }, picture),
    caption,
  );
  const mix = element(
    "button",
    { type: "button", className: "mix", on: { click: () => choose(name, { add: true }) } },
    icon("plus"),
  );
  if (learnt) {
    const mark = element("span", { className: "learnt", title: "Learnt: it paints closer to the artwork" });
    mark.append(icon("learnt"));
    picture.after(mark);
    caption.append(element("span", { className: "visually-hidden", textContent: "learnt" }));
  }
  const like = element(
    "button",
    {
      type: "button",
      className: "like",
      aria: { label: `${title}: a favourite` },
      on: { click: () => toggleFavourite(name) },
    },
    icon("heart"),
  );
  const words = `${title} ${details} ${learnt ? "learnt" : ""}`.toLowerCase();
  const made = element("div", { className: "card", data: { name, words } }, pick, mix, like);
  if (kind === "own") {
    const forget = element("button", {
      type: "button",
      className: "forget",
      aria: { label: `Forget ${title}` },
      on: { click: () => forgetOwn(name) },
    });
    forget.append(icon("close"));
    made.append(forget);
  }
  lazy.observe(picture);
  return made;
}

async function forgetOwn(name) {
  try {
    dropStyle(name);
    await removeStyle(name);
  } catch (error) {
    if (error.status !== 404) return tellError(error);
  }
  const chosen = state.chosen.filter((one) => one.name !== name);
  const styles = state.styles.filter((one) => one.name !== name);
  const usual = styles.find((style) => style.kind === "preset") ?? styles[0];
  update({ styles, chosen: chosen.length || !usual ? chosen : [{ name: usual.name, weight: 1 }] });
}

/** Add pictures as styles and paint with the last; asks first if nothing is to leave this machine. */
export async function takeStyles(files, agreed = !state.inBrowser) {
  if (!agreed) {
    const action = { label: "Send it", run: () => takeStyles(files, true) };
    return tell("To become a style, a picture is sent to the studio’s server.", { action });
  }
  for (const file of files) {
    const tile = $("#own-style");
    tile.classList.add("busy");
    try {
      const style = await addStyle(file, file.name?.replace(/\.[^.]+$/, "").slice(0, 60));
      keepStyle(style.name, file, style.title);
      update({ styles: [style, ...state.styles] });
      choose(style.name);
    } catch (error) {
      tellError(error);
    } finally {
      $("#own-style").classList.remove("busy");
    }
  }
}

function showCards() {
  const gallery = $("#gallery");
  const own = element("button", {
    type: "button",
    className: "own",
    id: "own-style",
    on: { click: () => $("#style-file").click() },
  });
  own.append(icon("plus"), element("span", { textContent: "Your own picture" }));
  gallery.replaceChildren(own, ...state.styles.map(card));
  showFavourites();
  filter();
  showChosen();
}

function showChosen() {
  const weights = new Map(state.chosen.map(({ name, weight }) => [name, weight]));
  for (const one of $("#gallery").querySelectorAll(".card")) {
    const { name } = one.dataset;
    const [pick, mix] = one.querySelectorAll(".pick, .mix");
    const inside = weights.has(name);
    const title = pick.querySelector("b").textContent;
    one.classList.toggle("chosen", inside);
    pick.setAttribute("aria-pressed", inside);
    mix.replaceChildren(icon(inside ? "minus" : "plus"));
    mix.setAttribute("aria-label", inside ? `Take ${title} out of the mixture` : `Mix ${title} in`);
    mix.hidden = inside && weights.size === 1;
  }
}

function filter() {
  const words = $("#style-search").value.trim().toLowerCase().split(/\s+/);
  let found = 0;
  for (const one of $("#gallery").querySelectorAll(".card")) {
    one.hidden =
      !words.every((word) => one.dataset.words.includes(word)) || (onlyFavourites && !favourites.has(one.dataset.name));
    found += !one.hidden;
  }
  $("#gallery").classList.toggle("nothing", state.styles.length > 0 && found === 0);
}

/** Ask the server for the styles. */
export async function loadStyles() {
  const gallery = $("#gallery");
  gallery.classList.remove("failed");
  try {
    const listed = await listStyles();
    const [own, presets] = ["own", "preset"].map((kind) => listed.filter((style) => style.kind === kind));
    update({ styles: [...own, ...presets] });
    const [first] = [...presets, ...own];
    // Own styles of a visit before may only be known to this browser yet.
    await restoreStyles();
    const known = state.chosen.filter(({ name }) => state.styles.some((style) => style.name === name));
    if (known.length < state.chosen.length) update({ chosen: known });
    if (!known.length && first) choose(first.name);
  } catch (error) {
    const again = element("button", { type: "button", textContent: "Try again", on: { click: loadStyles } });
    gallery.classList.add("failed");
    gallery.replaceChildren(element("p", { textContent: error.message }), again);
  }
}

/** Make the gallery work; loadStyles() fills it. */
export function startGallery() {
  // Thumbnails outside the visible part are not asked for; the browser's own laziness begins far below the edge.
  lazy = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        target.src = target.dataset.address;
        lazy.unobserve(target);
      }
    },
    { rootMargin: "40px" },
  );
  const input = $("#style-file");
  input.addEventListener("change", () => {
    takeStyles([...input.files]);
    input.value = "";
  });
  acceptDrops($(".panel"), "image", (file) => takeStyles([file]));
  $("#style-search").addEventListener("input", filter);
  $("#favourites").addEventListener("click", () => {
    onlyFavourites = !onlyFavourites;
    showFavourites();
    filter();
  });
  $("#gallery").addEventListener("keydown", goTo);
  subscribe(["styles"], showCards);
  subscribe(["chosen"], showChosen);
}
