"""Which files may be written, and writing them so that a reader never sees a part of one; the folder for caches."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from impasto.errors import OutputExists, UsageError

__all__ = [
    "LONGEST_NAME",
    "MOVED",
    "cache_folder",
    "check_no_input",
    "check_target",
    "fitting_name",
    "is_input",
    "is_pipe",
    "move_into_place",
    "open_atomically",
    "scratch_beside",
    "system_cache",
    "write_atomically",
]

MOVED = "moved-to.txt"  # in the system's folder: where the cache is instead
LONGEST_NAME = 255  # bytes, on nearly every file system
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def check_target(
    path: Path,
    *,
    overwrite: bool,
    inputs: Iterable[Path | str] = (),
    remedy: str = "give another name, or --overwrite",
) -> None:
    """Whether a file may be written; the one rule for everything that anybody asks to have written.

    Args:
        path: the file, which need not exist. A symbolic link stands for the file that it leads to.
        overwrite: a file that exists may be replaced, unless it is an input.
        inputs: what is read: files, and folders, which stand for the files in them. Those that do not exist are no
            obstacle, as what is no file may be a preset's name or an address.
        remedy: what to do about a file that exists.

    Raises:
        UsageError: it is an input, whatever it is called here, or a folder, a device or a pipe.
        OutputExists: it exists and ``overwrite`` is false.
    """
    try:
        found = path.stat()
    except (OSError, ValueError):
        return  # there is none, or writing will say what is wrong
    _check_plain(path, found)
    check_no_input(path, inputs)
    if not overwrite:
        raise OutputExists(f"{path} exists already; {remedy}")


def check_no_input(path: Path, inputs: Iterable[Path | str]) -> None:
    """The part of :func:`check_target` that is about inputs, for folders that are replaced as a whole.

    Raises:
        UsageError: it is one.
    """
    if is_input(path, inputs):
        raise UsageError(f"{path} is itself an input, and would be lost; give another name")


def is_input(path: Path, inputs: Iterable[Path | str]) -> bool:
    """Whether a path leads to one of the inputs (or into one that is a folder), by whatever spelling or link."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return False
    return any(os.path.samestat(found, other) for other in _facts_of(inputs))


def is_pipe(path: Path) -> bool:
    """Whether a path can be read only once: a named pipe, or a shell's ``<(command)``."""
    try:
        return not stat.S_ISREG(mode := path.stat().st_mode) and not stat.S_ISDIR(mode)
    except (OSError, ValueError):
        return False


def fitting_name(stem: str, ending: str) -> str:
    """A file's name, whose stem is cut where file systems would not take it whole."""
    room = LONGEST_NAME - len(os.fsencode(ending))
    whole = os.fsencode(stem)
    if len(whole) <= room:
        return stem + ending
    cut = whole[: max(1, room)]
    return (cut.decode("utf-8", "ignore") or os.fsdecode(cut)) + ending


def write_atomically(path: Path, data: bytes, *, overwrite: bool) -> None:
    """Write beside ``path``, then move into place; whatever fails, nothing of the attempt is left behind.

    A file that is replaced leaves its permissions and, where we may, its owner to the new one.

    Args:
        path: the file; its folder must exist. The file that a symbolic link leads to is written, and the link stays.
        data: its whole content.
        overwrite: replace an existing file. If false, a file that appears at any moment before the move is kept.

    Raises:
        FileExistsError: ``path`` exists and ``overwrite`` is false.
        UsageError: ``path`` is a folder, a device or a pipe.
        OSError: the folder is missing or not writable, the disk is full, ...
    """
    with open_atomically(path, overwrite=overwrite) as file:
        file.write(data)


@contextlib.contextmanager
def open_atomically(path: Path, *, overwrite: bool) -> Iterator[BinaryIO]:
    """:func:`write_atomically` for data that comes in parts; an exception inside the block drops all of them."""
    # A short name of its own: the target's may already be as long as the file system allows.
    with scratch_beside(_led_to(path)) as beside:
        # Opening with "x" grants the usual permissions; tempfile's would be the owner's alone.
        with beside.open("xb") as file:
            _take_after(beside, path)  # before there is anything to read in it
            yield file
        move_into_place(beside, path, overwrite=overwrite)


def move_into_place(beside: Path, path: Path, *, overwrite: bool) -> None:
    """Give a finished file its name, by the rules of :func:`write_atomically`, which see.

    Args:
        beside: the file, on the same file system as ``path``; it is there no more afterwards, unless this fails.
    """
    with contextlib.suppress(FileNotFoundError):
        _check_plain(path, path.stat())
    target = _led_to(path)
    if overwrite:
        _take_after(beside, target)
        os.replace(beside, target)
    else:
        _move_if_free(beside, target)
        with contextlib.suppress(OSError):
            beside.unlink()


@contextlib.contextmanager
def scratch_beside(path: Path) -> Iterator[Path]:
    """A name for a file in the same folder as ``path``, which is deleted when the block ends, however it ends."""
    scratch = path.with_name(f".impasto-{uuid.uuid4().hex[:12]}.part")
    try:
        yield scratch
    finally:
        with contextlib.suppress(OSError):
            scratch.unlink()


def cache_folder() -> Path:
    """``$IMPASTO_CACHE``, or where ``impasto cache --move`` put it, or else :func:`system_cache`; it need not exist.

    Raises:
        RuntimeError: there is no home folder.
    """
    if chosen := os.environ.get("IMPASTO_CACHE"):
        return Path(chosen).expanduser()
    default = system_cache()
    try:
        return Path((default / MOVED).read_text(encoding="utf-8")) if (default / MOVED).is_file() else default
    except (OSError, ValueError):
        return default


def system_cache() -> Path:
    """``impasto`` in the system's folder for caches.

    Raises:
        RuntimeError: there is no home folder.
    """
    if sys.platform == "win32":
        system = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        system = Path.home() / "Library" / "Caches"
    else:
        system = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(system) / "impasto"


def _move_if_free(source: Path, target: Path) -> None:
    """Linking fails if the name is taken, where renaming would replace."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # no hard links here (FAT, some network drives): claim the name, then move onto the claim
        target.open("xb").close()
        try:
            os.replace(source, target)
        except OSError:
            target.unlink()
            raise


def _led_to(path: Path) -> Path:
    """Where writing ``path`` would write."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def _check_plain(path: Path, found: os.stat_result) -> None:
    if stat.S_ISREG(found.st_mode):
        return
    kind = next((words for test, words in _KINDS if test(found.st_mode)), "no ordinary file")
    raise UsageError(f"cannot write {path}: it is {kind}; give a file name")


def _take_after(new: Path, old: Path) -> None:
    """Give a new file the permissions and the owner of the one that it is to replace, as far as we may."""
    with contextlib.suppress(OSError):
        found = old.stat()
        if hasattr(os, "chown"):
            with contextlib.suppress(OSError):
                os.chown(new, found.st_uid, found.st_gid)
        shutil.copymode(old, new)


def _facts_of(inputs: Iterable[Path | str]) -> Iterator[os.stat_result]:
    for one in inputs:
        try:
            found = Path(one).stat()
            yield found
            if stat.S_ISDIR(found.st_mode):
                for inside in Path(one).iterdir():
                    with contextlib.suppress(OSError):
                        yield inside.stat()
        except (OSError, ValueError):
            continue
