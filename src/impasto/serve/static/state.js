// What the page knows, in one place. Whoever changes it calls update(); whoever shows it subscribes.

export const DEFAULT_LOOK = Object.freeze({
  strength: 1,
  stroke: 1,
  size: 1024, // long side in pixels at which the picture on the screen is painted; null is the photo's own
  color: "style",
  saturation: 1,
  brightness: 1,
});

export const MAX_STYLES = 4;

export const state = {
  mode: "photo", // photo, live or video
  photo: null, // see photo.js
  styles: [], // as GET /v1/styles lists them
  chosen: [], // up to four of {name, weight}
  look: { ...DEFAULT_LOOK },
  mask: null, // {blob}: a grey PNG; where light, the style; where dark, the photo
  feather: 1, // softness of the mask's edge, in percent of the long side
  inBrowser: false,
  result: null, // {blob, url, width, height, preview, slow}: the picture on the screen; slow: it cannot be painted again
  refining: null, // see refine.js
  recalled: null, // the result of the history that is being put back, and so needs no painting
};

const listeners = [];

/** Call `listener(changedKeys)` whenever one of these parts of the state changes. */
export function subscribe(keys, listener) {
  listeners.push({ keys: new Set(keys), listener });
}

/** Change the state and tell all who asked. */
export function update(changes) {
  Object.assign(state, changes);
  const changed = Object.keys(changes);
  for (const { keys, listener } of listeners) {
    if (changed.some((key) => keys.has(key))) listener(changed);
  }
}

/** All that a painting is made of, and the painting itself once it is there. */
export function easel() {
  const { photo, chosen, look, mask, feather, result } = state;
  return { photo, chosen, look, mask, feather, result: result && !result.preview ? result : null };
}

/** Put back what easel() gave; what was painted of it is shown as it was, and only else painted anew. */
export function putBack({ photo, chosen, look, mask, feather, result }) {
  const known = chosen.filter(({ name }) => !state.styles.length || state.styles.some((one) => one.name === name));
  state.recalled = result;
  if (photo !== state.photo) update({ photo, mask: null, result: null });
  update({ chosen: known.length ? known : state.chosen, look, mask, feather });
  if (result) update({ result });
  state.recalled = null;
}

/** Change only some fields of the look. */
export const updateLook = (changes) => update({ look: { ...state.look, ...changes } });

/** The chosen styles that have a weight, as [name, weight]. */
export const mixture = () => state.chosen.filter(({ weight }) => weight > 0).map(({ name, weight }) => [name, weight]);

/** What a style is called: the title of a preset, the file name of an own picture. */
export const titleOf = (name) => state.styles.find((style) => style.name === name)?.title ?? name;
