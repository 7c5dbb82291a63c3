"""From the form of a job to its work, and what cannot be meant by a job of that kind."""

from __future__ import annotations

import importlib.util
from typing import Any

from impasto.errors import MissingExtra, UsageError
from impasto.optimize.options import OptimizeOptions
from impasto.options import StylizeOptions, describe
from impasto.serve.errors import Refused
from impasto.serve.forms import LOOK_FIELDS, MIXTURE, PictureForm, look_from, styles_for
from impasto.serve.studio import Studio
from impasto.serve.uploads import film_suffix, is_picture
from impasto.serve.works import FilmWork, LearnWork, OptimizeWork, PictureWork, RefineWork, Work
from impasto.training.learn_options import LearnOptions
from impasto.video.options import FilmOptions

__all__ = ["CONTENT", "FILM_FIELDS", "OPTIMIZE_FIELDS", "cannot_learn", "work_from"]

FILM_FIELDS = ("steady", "start", "end")
OPTIMIZE_FIELDS = ("steps", "minutes", "content_weight", "style_weight", "style_scale", "seed")
LEARN_FIELDS = ("steps", "minutes", "content_weight", "style_weight", "seed")  # are named as OPTIMIZE_FIELDS are
LEARN_MINUTES = 5.0
# What goes on from a pastiche needs no large sizes, as it keeps its detail, and more content, so as not to paint anew.
REFINING = {"size": 384, "first_size": 256, "content_weight": 1.5}
REFINING_MINUTES = 1.0
# Fields that say nothing to a job of the kind; what differs from the default is refused, as it would be ignored.
MEANINGLESS = {
    "video": ("color_when", "feather"),
    "optimize": ("strength", "stroke", "strokes", "style_size", "color_when", "feather"),
    "learn": tuple(name for name in LOOK_FIELDS if name != "style_size"),
}
FIELDS = {"video": FILM_FIELDS, "optimize": OPTIMIZE_FIELDS, "learn": LEARN_FIELDS}
CONTENT = "content"
NEEDS = {"video": ("av", "cv2"), "optimize": ("torch",), "learn": ("torch", "skimage")}
EXTRAS = {
    "video": ("video", "painting films"),
    "optimize": ("train", "painting by optimisation"),
    "learn": ("train", "learning a style"),
}
MEDIA_TYPES = {"jpeg": (".jpg", "image/jpeg"), "png": (".png", "image/png"), "webp": (".webp", "image/webp")}


def work_from(
    studio: Studio,
    kind: str,
    head: bytes,
    *,
    form: PictureForm,
    look: dict[str, Any],
    film: dict[str, Any],
    optimize: dict[str, Any],
    format_name: str,
    init: bytes | None = None,
) -> tuple[Work, str]:
    """What a job is to do, and the name under which its content is to be kept.

    Args:
        head: the beginning of the content.
        look, film, optimize: fields that were sent.
        init: the file of the picture that an optimisation is to go on from.

    Raises:
        MissingExtra: it needs what is not installed.
        Refused, ImpastoError: it cannot be done.
    """
    _check_installed(kind)
    _check_fields(kind, form, look, film, optimize, init=init)
    options = look_from(look)
    max_pixels = round(1e6 * studio.options.job_megapixels)
    suffix, media_type = MEDIA_TYPES[format_name]
    if kind == "video":
        return _film(studio, head, form, look | film)
    if not is_picture(head):
        raise Refused(415, "content is no JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF or HEIC picture")
    if kind == "learn":
        return _learning(studio, form, look, optimize), CONTENT
    if kind == "stylize":
        styles = styles_for(form, studio.styles, options)
        return PictureWork(studio.options, styles, form.mask, options, suffix, media_type, max_pixels), CONTENT
    limits = studio.options
    usual: dict[str, Any] = {"size": _defaults(OptimizeOptions)["size"]} if init is None else REFINING
    size = min(usual["size"], limits.optimize_size) if options.size is None else options.size
    if init is not None and "steps" not in optimize:
        usual = usual | {"minutes": min(REFINING_MINUTES, limits.optimize_minutes)}
    wanted = OptimizeOptions(**(usual | {"size": size} | optimize))
    if wanted.size > limits.optimize_size:
        raise UsageError(f"size is {wanted.size}, expected at most {limits.optimize_size} for painting by optimisation")
    if wanted.minutes is not None and wanted.minutes > limits.optimize_minutes:
        raise UsageError(f"minutes is {wanted.minutes:g}, expected at most {limits.optimize_minutes:g}")
    pictures = tuple(_pictures(studio, form))
    seconds = 60 * limits.optimize_minutes
    if init is not None:
        return RefineWork(
            pictures, wanted, options, suffix, media_type, studio.max_pixels, seconds, init, form.mask
        ), CONTENT
    return OptimizeWork(pictures, wanted, options, suffix, media_type, studio.max_pixels, seconds), CONTENT


def _film(studio: Studio, head: bytes, form: PictureForm, given: dict[str, Any]) -> tuple[Work, str]:
    suffix = film_suffix(head)
    if suffix is None:
        raise Refused(
            415, "content is no film that is read here; send mp4, mov, mkv, webm, avi, mpg, ts, wmv, flv or gif"
        )
    known = _defaults(FilmOptions)
    options = FilmOptions(style=(MIXTURE,), **{name: value for name, value in given.items() if name in known})
    limits = studio.options
    name = f"{CONTENT}{suffix}"
    styles = styles_for(form, studio.styles, options)
    max_pixels = round(1e6 * limits.megapixels)
    return FilmWork(limits, styles, options, name, max_pixels, 60 * limits.film_minutes), name


def _learning(studio: Studio, form: PictureForm, look: dict[str, Any], given: dict[str, Any]) -> Work:
    name = form.names[0][0] if form.names else ""
    if len(form.names) != 1 or form.pictures or not studio.styles.own.is_name(name):
        raise UsageError("learning takes one style that you added: POST /v1/styles gives its name")
    if (sentence := cannot_learn(studio)) is not None:
        raise UsageError(sentence)
    style, picture = studio.styles.own.told(name), studio.styles.own.picture(name)
    if {"steps", "minutes"} <= set(given):
        raise UsageError("steps and minutes were both given; give one, as either says when learning ends")
    usual = {} if "steps" in given else {"minutes": min(LEARN_MINUTES, studio.options.learn_minutes)}
    size = {} if look.get("style_size") is None else {"style_size": look["style_size"]}
    options = LearnOptions(**(usual | given | size))
    if options.minutes is not None and options.minutes > studio.options.learn_minutes:
        raise UsageError(f"minutes is {options.minutes:g}, expected at most {studio.options.learn_minutes:g}")
    seconds = 60 * studio.options.learn_minutes
    model, own = studio.options.model, studio.styles.own
    return LearnWork(model, own, name, style.title, picture, options, studio.max_pixels, seconds)


def cannot_learn(studio: Studio) -> str | None:
    """Why no style can be learnt here, in one sentence; ``None`` if they can."""
    if not studio.manifest.learns:
        return (
            f"the model {studio.manifest.name!r} ({studio.manifest.family}) cannot learn styles; use the default model"
        )
    try:
        _check_installed("learn")
    except MissingExtra as error:
        return str(error)
    return None


def _pictures(studio: Studio, form: PictureForm) -> list[tuple[bytes, float]]:
    found = []
    for name, weight in form.names:
        picture = studio.styles.picture(name)
        if picture is None:
            raise UsageError(
                f"style is {name!r}, a preset, of which there is no picture to optimise by; send a style_picture, or "
                "name a style that you added"
            )
        found.append((picture, weight))
    return [*found, *((picture, 1.0) for picture in form.pictures)]


def _check_installed(kind: str) -> None:
    if any(importlib.util.find_spec(package) is None for package in NEEDS.get(kind, ())):
        raise MissingExtra(*EXTRAS[kind])


def _check_fields(
    kind: str,
    form: PictureForm,
    look: dict[str, Any],
    film: dict[str, Any],
    optimize: dict[str, Any],
    *,
    init: bytes | None,
) -> None:
    if init is not None and kind != "optimize":
        raise UsageError(f"init has no meaning for a job of the kind {kind!r}; leave it out")
    if form.mask is not None and kind != "stylize" and init is None:
        raise UsageError(f"mask has no meaning for a job of the kind {kind!r}; leave it out")
    usual = _defaults(StylizeOptions)
    meaningless = set(MEANINGLESS.get(kind, ())) - ({"strength", "feather"} if init is not None else set())
    changed = [name for name in meaningless if name in look and look[name] != usual[name]]
    changed += [name for name in (*film, *optimize) if name not in FIELDS.get(kind, ())]
    if changed:
        raise UsageError(f"{changed[0]} has no meaning for a job of the kind {kind!r}; leave it out")


def _defaults(options: type) -> dict[str, Any]:
    return {one.name: one.default for one in describe(options)}
