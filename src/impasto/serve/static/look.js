// Strength, strokes and colours: sliders and menus over the fields of the look.
import { $, element, percent } from "./dom.js";
import { DEFAULT_LOOK, state, subscribe, updateLook } from "./state.js";

const factor = (value) => `${Number(value.toFixed(2))}×`;

// `log` sliders move in octaves, so that half and double lie equally far from 1.
const SLIDERS = [
  { field: "strength", label: "Strength", low: 0, high: 1, step: 0.01, show: percent },
  { field: "stroke", label: "Stroke size", low: -1, high: 3, step: 0.1, log: true, show: factor, serverOnly: true },
  { field: "saturation", label: "Saturation", low: 0, high: 2, step: 0.02, show: percent, serverOnly: true },
  { field: "brightness", label: "Brightness", low: -1, high: 1, step: 0.05, log: true, show: factor, serverOnly: true },
];

const MENUS = [
  {
    field: "color",
    label: "Colours",
    serverOnly: true,
    choices: [
      ["style", "Of the style"],
      ["photo-luminance", "Of the photo"],
      ["photo-hue", "Of the photo: hue only"],
      ["photo-linear", "Of the photo: same palette"],
      ["photo-histogram", "Of the photo: same histogram"],
    ],
  },
  {
    field: "size",
    label: "Paint at",
    photoOnly: true,
    choices: [
      ["768", "768 px"],
      ["1024", "1024 px"],
      ["1536", "1536 px"],
      ["2048", "2048 px"],
      ["", "The photo’s own size"],
    ],
  },
];

const toSlider = ({ log }, value) => (log ? Math.log2(value) : value);
const fromSlider = ({ log }, position) => (log ? 2 ** position : position);

function slider(options) {
  const { field, label, low, high, step } = options;
  const id = `look-${field}`;
  const input = element("input", { type: "range", id, min: low, max: high, step });
  const output = element("output", { htmlFor: id });
  const show = () => {
    input.value = toSlider(options, state.look[field]);
    output.textContent = options.show(state.look[field]);
    input.setAttribute("aria-valuetext", output.textContent);
    input.style.setProperty("--filled", `${(100 * (input.value - low)) / (high - low)}%`);
  };
  input.addEventListener("input", () =>
    updateLook({ [field]: Number(fromSlider(options, Number(input.value)).toFixed(4)) }),
  );
  input.addEventListener("dblclick", () => updateLook({ [field]: DEFAULT_LOOK[field] }));
  return { control: input, show, row: [element("label", { htmlFor: id, textContent: label }), output, input] };
}

function menu({ field, label, choices }) {
  const id = `look-${field}`;
  const select = element("select", { id });
  for (const [value, text] of choices) select.append(element("option", { value, textContent: text }));
  select.addEventListener("change", () => {
    const number = select.value === "" ? null : Number(select.value);
    updateLook({ [field]: field === "size" ? number : select.value });
  });
  const show = () => {
    select.value = state.look[field] ?? "";
  };
  return { control: select, show, row: [element("label", { htmlFor: id, textContent: label }), select] };
}

/** Build the controls and keep them true. */
export function startLook() {
  const place = $("#look");
  const controls = [
    ...SLIDERS.map((one) => ({ ...one, ...slider(one) })),
    ...MENUS.map((one) => ({ ...one, ...menu(one) })),
  ];
  for (const one of controls)
    place.append(element("div", { className: "field", data: { field: one.field } }, ...one.row));
  const reason = element("p", {
    className: "hint",
    id: "look-hint",
    textContent: "Strokes and colours are painted by the server only.",
  });
  place.append(reason);

  const show = () => {
    for (const one of controls) {
      one.show();
      const live = state.mode === "live";
      const hidden = one.photoOnly && state.mode !== "photo";
      one.control.disabled = Boolean(one.serverOnly && state.inBrowser);
      one.control.closest(".field").hidden = Boolean(hidden || (live && !["strength", "color"].includes(one.field)));
    }
    reason.hidden = !state.inBrowser;
    $("#reset-look").hidden = Object.entries(DEFAULT_LOOK).every(([field, value]) => state.look[field] === value);
  };
  $("#reset-look").addEventListener("click", () => updateLook(DEFAULT_LOOK));
  subscribe(["look", "mode", "inBrowser"], show);
  show();
}
