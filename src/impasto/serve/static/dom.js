// The few things that every part of the page does with the document.

/** The first element that a CSS selector finds. */
export const $ = (selector, root = document) => root.querySelector(selector);

/** A new element: properties are set, `data` and `aria` become attributes, `on` listens; children are appended. */
export function element(tag, { data = {}, aria = {}, on = {}, role, ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  for (const [name, value] of Object.entries(data)) made.dataset[name] = value;
  for (const [name, value] of Object.entries(aria)) made.setAttribute(`aria-${name}`, value);
  for (const [name, listener] of Object.entries(on)) made.addEventListener(name, listener);
  if (role) made.setAttribute("role", role);
  made.append(...children);
  return made;
}

/** An icon of icons.svg, hidden from screen readers. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `static/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/** Let the browser save a blob or an address under a name. */
export function save(source, name) {
  const address = typeof source === "string" ? source : URL.createObjectURL(source);
  const anchor = element("a", { href: address, download: name });
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  // The download has begun by then; revoking at once would cancel it in some browsers.
  if (address !== source) setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

export const percent = (share) => `${Math.round(100 * share)} %`;
