// Short messages at the edge of the page: what went wrong and what can be done about it.
import { $, element, icon } from "./dom.js";

const SECONDS = 9;

/** Show one sentence; an action is {label, run}. The same sentence is never shown twice at once. */
export function tell(sentence, { action = null, error = false } = {}) {
  const place = $("#messages");
  for (const shown of place.children) if (shown.dataset.sentence === sentence) shown.remove();
  const message = element("div", { className: error ? "message error" : "message", data: { sentence } });
  message.append(element("p", { textContent: sentence }));
  if (action) {
    const run = () => {
      message.remove();
      action.run();
    };
    message.append(
      element("button", { type: "button", className: "link", textContent: action.label, on: { click: run } }),
    );
  }
  const close = () => message.remove();
  const dismiss = element("button", {
    type: "button",
    className: "quiet icon",
    aria: { label: "Dismiss" },
    on: { click: close },
  });
  dismiss.append(icon("close"));
  message.append(dismiss);
  place.append(message);
  if (!action) setTimeout(close, SECONDS * 1000);
}

/** Show an exception, unless it only says that something was called off. */
export function tellError(error, action = null) {
  if (error.name === "AbortError") return;
  tell(error.message || String(error), { action, error: true });
}
