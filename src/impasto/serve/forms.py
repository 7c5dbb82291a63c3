"""What a form says of a painting: styles by name or picture, a mask, and options from the dataclasses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, File, Form, UploadFile

from impasto.inference.codes import check_weights, differences_of
from impasto.options import LookOptions, StylizeOptions
from impasto.serve.catalog import MOST_STYLES, StyleCatalog, check_count, split_weight
from impasto.serve.from_options import form_of
from impasto.serve.tasks import Style
from impasto.serve.uploads import read_picture_file

__all__ = ["LOOK_FIELDS", "PictureForm", "TheLook", "ThePictures", "look_from", "styles_for"]

# Not preserve_color, which color says better; not what names files or devices.
LOOK_FIELDS = (
    *("strength", "size", "stroke", "strokes", "style_size", "color", "color_when", "saturation", "brightness"),
    *("feather", "quality"),
)
MIXTURE = "at the form's request"  # stands for the styles where an options class wants their names

TheLook = Annotated[dict[str, Any], Depends(form_of(StylizeOptions, LOOK_FIELDS))]


@dataclass(frozen=True)
class PictureForm:
    """The files of a form, and the names of styles with their weights."""

    names: tuple[tuple[str, float], ...]
    pictures: tuple[bytes, ...]
    mask: bytes | None


async def _pictures(
    style: Annotated[
        list[str] | None,
        Form(
            description="A style's name, with an optional weight: NAME or NAME:WEIGHT; repeat to mix styles.",
            examples=[["starry-night"], ["great-wave:2", "the-scream:1"]],
            max_length=MOST_STYLES,
        ),
    ] = None,
    style_picture: Annotated[
        list[UploadFile] | None,
        File(description="A picture to take the style of, with weight 1; repeat to mix.", max_length=MOST_STYLES),
    ] = None,
    mask: Annotated[
        UploadFile | None, File(description="A grey picture: where light, the style; where dark, the photo.")
    ] = None,
) -> PictureForm:
    names = tuple(split_weight(one) for one in style or [])
    check_count(len(names) + len(style_picture or []))
    return PictureForm(
        names=names,
        pictures=tuple([await read_picture_file(one, "style_picture") for one in style_picture or []]),
        mask=None if mask is None else await read_picture_file(mask, "mask"),
    )


ThePictures = Annotated[PictureForm, Depends(_pictures)]


def look_from(given: dict[str, Any]) -> StylizeOptions:
    """The options that a form gave, checked.

    Raises:
        UsageError: they contradict each other.
    """
    return StylizeOptions(style=(MIXTURE,), **given)


def styles_for(form: PictureForm, catalog: StyleCatalog, look: LookOptions) -> tuple[tuple[Style, float], ...]:
    """The form's styles as codes, or as pictures where how they are looked at is asked for.

    Raises:
        UnknownName: there is no such style.
        UsageError: the weights cannot be used.
    """
    weights = [weight for _, weight in form.names] + [1.0] * len(form.pictures)
    check_weights(weights, "the weights of the styles")
    as_seen = look.style_size is not None or look.color_when == "before"
    named = [(_named(catalog, name, as_seen=as_seen), weight) for name, weight in form.names]
    return (*named, *((picture, 1.0) for picture in form.pictures))


def _named(catalog: StyleCatalog, name: str, *, as_seen: bool) -> Style:
    code = catalog.code(name)
    if not as_seen or differences_of(code):  # what was learnt goes with the code that it was learnt for
        return code
    return catalog.picture(name) or code
