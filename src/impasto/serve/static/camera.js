// The camera: opened, explained when it cannot be, and its newest frame on a canvas.

const SENTENCES = {
  NotAllowedError: "The camera is not allowed for this page; allow it in the browser's address bar and start again.",
  NotFoundError: "This machine has no camera that the browser can see.",
  NotReadableError: "The camera is in use by another program; close that and start again.",
};

export class Camera {
  #stream = null;

  constructor() {
    this.video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
    this.frame = document.createElement("canvas");
  }

  /** Open it for pictures of about this size, or throw one sentence. */
  async open(width, height) {
    if (!navigator.mediaDevices)
      throw new Error("The browser gives the camera only to pages from this machine or over HTTPS.");
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({
        video: { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: 30 }, facingMode: "user" },
      });
    } catch (error) {
      throw new Error(SENTENCES[error.name] ?? `The camera cannot be opened: ${error.message}`);
    }
    this.video.srcObject = this.#stream;
    await this.video.play();
    this.#stream.getVideoTracks()[0].addEventListener("ended", () => this.onLost?.());
  }

  /** Call `take` for every new frame until the camera is closed. */
  everyFrame(take) {
    const next = () => {
      if (!this.#stream) return;
      take();
      this.video.requestVideoFrameCallback(next);
    };
    this.video.requestVideoFrameCallback(next);
  }

  /** The newest frame with this long side, mirrored if asked for. */
  capture(long, mirrored) {
    const { videoWidth, videoHeight } = this.video;
    const factor = Math.min(1, long / Math.max(videoWidth, videoHeight));
    const [width, height] = [Math.round(videoWidth * factor), Math.round(videoHeight * factor)];
    if (this.frame.width !== width || this.frame.height !== height) Object.assign(this.frame, { width, height });
    const context = this.frame.getContext("2d", { willReadFrequently: true });
    context.setTransform(mirrored ? -1 : 1, 0, 0, 1, mirrored ? width : 0, 0);
    context.drawImage(this.video, 0, 0, width, height);
    return this.frame;
  }

  close() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.video.srcObject = null;
  }
}
