// Frames painted by the server, over a WebSocket.
import { liveAddress } from "./api.js";

const IN_FLIGHT = 2; // one is painted while the next is on its way; more would only grow old
const GIVE_UP_MS = 3000; // an answer that takes longer is not waited for
const QUALITY = 0.85;

/** Begin. `settings()` gives what the first text frame says; onPicture(bitmap, latency in ms); onError(sentence, final). */
export function serverLive({ settings, onPicture, onError }) {
  const socket = new WebSocket(liveAddress());
  socket.binaryType = "blob";
  let sent = []; // when each unanswered frame was taken
  let encoding = false;
  let closed = false;

  const configure = () => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(settings()));
  };
  socket.addEventListener("open", configure);
  socket.addEventListener("message", async ({ data }) => {
    if (typeof data === "string") {
      const { error } = JSON.parse(data);
      if (error) onError(error);
      return;
    }
    const taken = sent.shift();
    const bitmap = await createImageBitmap(data);
    if (closed) bitmap.close();
    else onPicture(bitmap, taken ? performance.now() - taken : null);
  });
  socket.addEventListener("close", ({ code, reason }) => {
    if (closed) return;
    closed = true;
    onError(
      reason ||
        (code === 1006
          ? "The connection to the studio was lost. Is it still running?"
          : "The studio ended the connection."),
      true,
    );
  });

  return {
    ready() {
      if (sent.length && performance.now() - sent[0] > GIVE_UP_MS) sent = [];
      return socket.readyState === WebSocket.OPEN && !encoding && sent.length < IN_FLIGHT;
    },
    give(canvas) {
      const taken = performance.now();
      encoding = true;
      canvas.toBlob(
        (blob) => {
          encoding = false;
          if (socket.readyState !== WebSocket.OPEN) return;
          sent.push(taken);
          socket.send(blob);
        },
        "image/jpeg",
        QUALITY,
      );
    },
    configure,
    close() {
      closed = true;
      socket.close();
    },
  };
}
