// The mixture: two to four styles at the corners of a square to drag in, and a slider for each.
import { $, clamp, element, icon, percent } from "./dom.js";
import { choose } from "./gallery.js";
import { state, subscribe, titleOf, update } from "./state.js";

const STEP = 0.05; // of an arrow key

/** The weight that each corner has at a place in the square (u to the right, v down), for two, three or four styles. */
export function cornerWeights(u, v, count) {
  if (count === 2) return [1 - u, u];
  const weights = [(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v];
  if (count === 4) return weights;
  // Three: the last lies in the middle of the lower side.
  return [(1 - u) * (1 - v), u * (1 - v), v];
}

/** The place in the square that stands for weights; of four it is the nearest, as not every mixture has one. */
export function placeOf(weights) {
  const total = weights.reduce((sum, weight) => sum + weight, 0) || 1;
  const [first, second, third = 0, fourth = 0] = weights.map((weight) => weight / total);
  if (weights.length === 2) return [second, 0.5];
  if (weights.length === 3) return [first + second > 0 ? second / (first + second) : 0.5, third];
  return [second + fourth, third + fourth];
}

const weightsNow = () => state.chosen.map(({ weight }) => weight);

function setWeights(weights) {
  update({ chosen: state.chosen.map((one, index) => ({ ...one, weight: Number(weights[index].toFixed(4)) })) });
}

function setPlace(u, v) {
  setWeights(cornerWeights(clamp(u, 0, 1), clamp(v, 0, 1), state.chosen.length));
}

const thumbnailOf = (name) => state.styles.find((style) => style.name === name)?.thumbnail ?? "";

function build() {
  const square = $("#square");
  square.dataset.count = state.chosen.length;
  const corners = state.chosen.map(({ name }) =>
    element("img", { className: "corner", src: thumbnailOf(name), alt: "", draggable: false }),
  );
  square.replaceChildren(...corners, element("span", { className: "handle" }));
  $("#shares").replaceChildren(...state.chosen.map(({ name }, index) => share(name, index)));
}

function share(name, index) {
  const title = titleOf(name);
  const input = element("input", { type: "range", min: 0, max: 1, step: 0.01, aria: { label: `Share of ${title}` } });
  input.addEventListener("input", () => {
    const weights = weightsNow();
    weights[index] = Number(input.value);
    // Something must be painted: the last weight left cannot be taken away.
    if (weights.some((weight) => weight > 0)) setWeights(weights);
    else show();
  });
  const out = element("button", {
    type: "button",
    className: "quiet icon",
    aria: { label: `Take ${title} out` },
    on: { click: () => choose(name, { add: true }) },
  });
  out.append(icon("close"));
  return element(
    "li",
    {},
    element("img", { src: thumbnailOf(name), alt: "" }),
    element("span", { className: "name", textContent: title }),
    element("output"),
    out,
    input,
  );
}

function show() {
  $("#mixture").hidden = state.chosen.length < 2;
  if (state.chosen.length < 2) return;
  const names = state.chosen.map(({ name }) => name).join();
  if ($("#shares").dataset.names !== names) {
    build();
    $("#shares").dataset.names = names;
  }
  const weights = weightsNow();
  const total = weights.reduce((sum, weight) => sum + weight, 0) || 1;
  const rows = [...$("#shares").children];
  rows.forEach((row, index) => {
    const input = row.querySelector("input");
    input.value = weights[index];
    input.style.setProperty("--filled", percent(weights[index]).replace(" ", ""));
    row.querySelector("output").textContent = percent(weights[index] / total);
  });
  const [u, v] = placeOf(weights);
  const handle = $("#square .handle");
  handle.style.left = `${100 * u}%`;
  handle.style.top = `${100 * v}%`;
  [...$("#square").querySelectorAll(".corner")].forEach((corner, index) => {
    corner.style.opacity = 0.35 + 0.65 * (weights[index] / total);
  });
  const words = state.chosen.map(({ name }, index) => `${titleOf(name)} ${percent(weights[index] / total)}`).join(", ");
  $("#square").setAttribute("aria-valuetext", words);
  $("#square").setAttribute("aria-valuenow", Math.round(100 * u));
}

/** Make the square and the sliders work. */
export function startMixer() {
  const square = $("#square");
  const drag = (event) => {
    const box = square.getBoundingClientRect();
    setPlace((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  };
  square.addEventListener("pointerdown", (event) => {
    event.preventDefault(); // it would begin to select the text around
    square.focus();
    square.setPointerCapture(event.pointerId);
    drag(event);
  });
  square.addEventListener("pointermove", (event) => {
    if (square.hasPointerCapture(event.pointerId)) drag(event);
  });
  square.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
    if (!move) return;
    event.preventDefault();
    const [u, v] = placeOf(weightsNow());
    setPlace(u + move[0], v + move[1]);
  });
  $("#even").addEventListener("click", () => setWeights(weightsNow().map(() => 1 / state.chosen.length)));
  subscribe(["chosen", "styles"], show);
}
