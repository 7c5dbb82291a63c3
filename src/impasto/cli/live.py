"""``impasto live``: paint what a camera sees."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from impasto.cli.extras import needs_extra
from impasto.cli.from_options import json_flag, load_stylizer, options_from
from impasto.cli.inputs import files_named
from impasto.cli.stopping import stop_signals
from impasto.cli.style_argument import encode_style
from impasto.errors import UsageError
from impasto.files import check_target
from impasto.image.io import write_picture
from impasto.video.options import LiveOptions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from impasto.video.live import Live

__all__ = ["command"]

INTERRUPTED = 130
WAIT = 0.25  # seconds between two looks for a signal

EXAMPLES = """\b
Examples:
  impasto live --style udnie --style great-wave
  impasto live 1 --style artwork.jpg --mirror --crop 1:1
  impasto live clip.mp4 --style udnie --loop
  impasto live --style udnie --headless --mjpeg 8090 --record evening.mp4
"""


@click.command("live", epilog=EXAMPLES)
@click.argument("camera", default="0", metavar="[CAMERA]")
@options_from(LiveOptions)
@click.option("--loop", is_flag=True, help="Begin a film again when it ends.")
@click.option("--headless", is_flag=True, help="Open no window.")
@click.option("--overwrite", is_flag=True, help="Replace the recording's file if it exists.")
@click.option("--record", type=click.Path(path_type=Path), metavar="FILE", help="Write a film of what is painted.")
@click.option("--mjpeg", type=click.IntRange(0, 65535), metavar="PORT", help="Show it to browsers on this machine.")
@click.option("--virtual-camera", is_flag=True, help="Be a camera to other programs; needs pyvirtualcam.")
@click.option("--seconds", type=click.FloatRange(0), help="End after so long.")
@json_flag
def command(
    camera: str,
    *,
    loop: bool,
    headless: bool,
    overwrite: bool,
    record: Path | None,
    mjpeg: int | None,
    virtual_camera: bool,
    seconds: float | None,
    as_json: bool,
    **given: Any,
) -> int:
    """Paint what CAMERA sees: its number (0 unless given), a film or URL played in its own time, or 'synthetic'.

    In the window: left and right or 1-9 change the style, + and - the strength, m mirrors, s saves a picture, r starts
    and ends a recording, q quits.
    """
    options = LiveOptions(**given)
    if headless and record is None and mjpeg is None and not virtual_camera and seconds is None:
        raise UsageError("--headless shows nothing; give --record, --mjpeg, --virtual-camera or --seconds too")
    with needs_extra("video", "the live camera"):
        from impasto.video.camera import open_camera
        from impasto.video.live import Live
        from impasto.video.sinks import JpegStream, Recorder, VirtualCamera
    if record is not None:
        check_target(record, overwrite=overwrite, inputs=files_named(camera, options.style))
    shots = open_camera(camera, loop=loop)  # before the model: it fails sooner
    stylizer = load_stylizer(options)
    styles = [(name, encode_style(stylizer, name, options.style_size)) for name in options.style]
    with stop_signals() as signals, ExitStack() as stack:
        sinks: list[Any] = []
        if record is not None:
            sinks.append(Recorder(record, overwrite=overwrite))
        if mjpeg is not None:
            sinks.append(JpegStream(mjpeg))
            click.echo(f"http://127.0.0.1:{sinks[-1].port}/", err=True)
        if virtual_camera:
            sinks.append(VirtualCamera())
        for sink in sinks:
            stack.callback(sink.close)
        live = stack.enter_context(Live(shots, stylizer, styles, options))
        show = _Showing(live, sinks, lambda: bool(signals), seconds)
        stack.callback(show.end_recording)
        if headless:
            while not show.over():
                show.following(WAIT)
        else:
            from impasto.video.window import show as open_window

            open_window(show.following, show.pressed, show.title, show.over)
        report = {
            "frames": show.count,
            "dropped": live.dropped,
            "frames_per_second": round(live.frames_per_second, 2),
            "latency_ms": round(live.latency * 1000, 1),
        }
    if as_json:
        click.echo(json.dumps(report, indent=2))
    else:
        click.echo(f"{show.count} frames  {live.frames_per_second:.1f} frames/s  {live.latency * 1000:.0f} ms latency")
    return INTERRUPTED if signals else 0


class _Showing:
    """What a window, or nobody, does with the pastiches of a live camera."""

    def __init__(self, live: Live, sinks: list[Any], stopped: Callable[[], bool], seconds: float | None) -> None:
        self.count = 0
        self._live = live
        self._sinks = sinks
        self._stopped = stopped
        self._until = None if seconds is None else time.perf_counter() + seconds
        self._last: NDArray[np.uint8] | None = None
        self._recorder: Any = None

    def following(self, timeout: float = 0.0) -> NDArray[np.uint8] | None:
        if self._ended():
            return None
        shot = self._live.take(timeout)
        if shot is None:
            return None
        self.count += 1
        self._last = shot.pixels
        for sink in [*self._sinks, *([self._recorder] if self._recorder else [])]:
            sink.add(shot.pixels)
        return shot.pixels

    def over(self) -> bool:
        return self._ended() or self._live.over

    def _ended(self) -> bool:
        return self._stopped() or (self._until is not None and time.perf_counter() >= self._until)

    def title(self) -> str:
        live = self._live
        name = Path(live.styles[live.style][0]).stem
        recording = "  ● recording" if self._recorder else ""
        speed = f"{live.frames_per_second:.0f} frames/s  {live.latency * 1000:.0f} ms"
        return f"{name}  {live.strength:.0%}  {speed}{recording}"

    def pressed(self, key: str) -> bool:
        live = self._live
        if key.isdecimal():
            live.style = min(int(key), len(live.styles)) - 1
        elif key in ("Left", "Right"):
            live.change_style(1 if key == "Right" else -1)
        elif key in ("+", "=", "-", "Up", "Down"):
            live.change_strength(-1 if key in ("-", "Down") else 1)
        elif key in ("m", "M"):
            live.mirror = not live.mirror
        elif key in ("s", "S") and self._last is not None:
            write_picture(_named("png"), self._last)
        elif key in ("r", "R"):
            self._record()
        return key in ("q", "Q", "Escape")

    def _record(self) -> None:
        from impasto.video.sinks import Recorder

        if self._recorder is not None:
            self.end_recording()
        else:
            self._recorder = Recorder(_named("mp4"))

    def end_recording(self) -> None:
        if self._recorder is not None:
            self._recorder.close()
            self._recorder = None


def _named(suffix: str) -> Path:
    """A name in the current folder that nothing has yet."""
    return Path(f"impasto-{datetime.now().astimezone():%Y%m%d-%H%M%S-%f}.{suffix}")
