"""A window that shows pastiches, by Tk: Python brings it along on Windows and macOS, and every Linux has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from impasto.errors import VideoError
from impasto.image.levels import Pixels

__all__ = ["KEYS", "show"]

PAUSE = 2  # milliseconds between two looks for a new picture
KEYS = "←/→ or 1-9 style · +/- strength · m mirror · s snapshot · r record · q quit"


def show(
    following: Callable[[], Pixels | None],
    pressed: Callable[[str], bool],
    title: Callable[[], str],
    over: Callable[[], bool],
) -> None:
    """Open a window and show pictures until it is closed. Must be called from the main thread.

    Args:
        following: the next picture to show, uint8 h×w×3, or ``None`` if there is none yet; what it raises is raised.
        pressed: told of each key by Tk's name for it; true closes the window.
        title: the window's title, asked for after each picture.
        over: there will be no more pictures.

    Raises:
        VideoError: there is no Tk, or no display.
    """
    try:
        import tkinter as tk

        from PIL import Image, ImageTk
    except ImportError:
        raise VideoError(
            "Python has no Tk to open a window with (on Debian: apt install python3-tk); or use --headless"
        ) from None
    try:
        root = tk.Tk(className="impasto")
    except tk.TclError:
        raise VideoError("there is no display to open a window on; use --headless with --record or --mjpeg") from None
    label = tk.Label(root, borderwidth=0, background="black")
    label.pack(expand=True)
    root.configure(background="black")
    shown: list[Any] = []
    failed: list[BaseException] = []

    def step() -> None:
        try:
            pixels = following()
            if pixels is not None:
                picture = Image.fromarray(pixels)
                if shown and (shown[0].width(), shown[0].height()) == picture.size:
                    shown[0].paste(picture)
                else:
                    shown[:] = [ImageTk.PhotoImage(picture, master=root)]
                    label.configure(image=shown[0])
                root.title(title())
            elif over():
                root.destroy()
                return
        except BaseException as error:  # noqa: BLE001 - Tk would print it and go on
            failed.append(error)
            root.destroy()
            return
        root.after(PAUSE, step)

    def press(event: Any) -> None:
        if pressed(event.char if event.char in set("+-=mMsSrRqQ123456789") and event.char else event.keysym):
            root.destroy()

    root.bind("<Key>", press)
    root.after(0, step)
    root.mainloop()
    shown.clear()
    if failed:
        raise failed[0]
