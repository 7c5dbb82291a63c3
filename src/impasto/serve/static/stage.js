// What the easel shows: the invitation, the photo with its painting, the camera or a film.
import { $, element } from "./dom.js";
import { onBusy } from "./painter.js";
import { state, subscribe, titleOf } from "./state.js";

let shownUrl = null;
let passing = null; // the address of a preview, which nobody comes back to

function describe() {
  const names = state.chosen.map(({ name }) => titleOf(name)).join(" mixed with ");
  return `The photo painted in the style of ${names}`;
}

function showPhoto() {
  const { photo, mode } = state;
  const inPhoto = mode === "photo";
  $("#empty").hidden = !inPhoto || Boolean(photo);
  $("#frame").hidden = !inPhoto || !photo;
  $("#toolbar").hidden = !inPhoto || !photo;
  if (photo && $("#before").src !== photo.url) $("#before").src = photo.url;
}

// The new picture is decoded first and replaces the old one in one go, so that nothing flashes.
async function showResult() {
  const { result } = state;
  const after = $("#after");
  const url = result?.url ?? null;
  if (url === shownUrl) return;
  shownUrl = url;
  if (!url) {
    after.hidden = true;
    $("#note").textContent = "";
    return;
  }
  const next = element("img", { id: "after", alt: describe(), draggable: false, src: url });
  await next.decode().catch(() => {});
  if (shownUrl !== url) return;
  next.style.clipPath = $("#after").style.clipPath;
  next.dataset.kind = result.preview ? "preview" : "full";
  $("#after").replaceWith(next);
  if (passing) URL.revokeObjectURL(passing);
  passing = result.preview ? url : null;
  $("#note").textContent = result.preview ? "Preview" : "";
}

function showMode() {
  const { mode } = state;
  document.body.dataset.mode = mode;
  for (const button of document.querySelectorAll(".modes button")) {
    if (button.dataset.mode === mode) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  }
  $("#live").hidden = mode !== "live";
  $("#video").hidden = mode !== "video";
  showPhoto();
}

/** Keep the easel true to the state. */
export function startStage() {
  subscribe(["photo"], showPhoto);
  subscribe(["result"], showResult);
  subscribe(["mode"], showMode);
  onBusy((busy) => {
    $("#painting").hidden = !busy || state.mode !== "photo";
    $("#easel").setAttribute("aria-busy", busy);
  });
}
