// The brush's tools: what it does, how large it is, how soft the edge is, and ways back.
import { $, element, icon } from "./dom.js";
import { state, update } from "./state.js";

function range(label, value, low, high, step, changed) {
  const input = element("input", { type: "range", min: low, max: high, step, value });
  const show = () => input.style.setProperty("--filled", `${(100 * (input.value - low)) / (high - low)}%`);
  input.addEventListener("input", () => {
    changed(Number(input.value));
    show();
  });
  show();
  return element("label", { className: "inline" }, element("span", { textContent: label }), input);
}

/** Build the tools for a brush {adds, size}, which they change. */
export function buildMaskTools(brush, { undo, clear }) {
  const kinds = [
    [false, "Keep the photo"],
    [true, "Add the style"],
  ].map(([adds, label]) => {
    const button = element("button", { type: "button", textContent: label, aria: { pressed: adds === brush.adds } });
    button.addEventListener("click", () => {
      brush.adds = adds;
      for (const one of kinds) one.setAttribute("aria-pressed", one === button);
    });
    return button;
  });
  const quiet = (click, ...content) =>
    element("button", { type: "button", className: "quiet", on: { click } }, ...content);
  $("#mask-tools").append(
    element("div", { className: "segments" }, ...kinds),
    range("Brush", brush.size, 2, 40, 1, (value) => {
      brush.size = value;
    }),
    range("Soft edge", state.feather, 0, 8, 0.5, (value) => update({ feather: value })),
    element("div", { className: "group" }, quiet(undo, "Undo"), quiet(clear, icon("reset"), "Clear")),
  );
}
