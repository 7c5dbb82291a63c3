"""``/v1/styles``: what can be painted in, and clients' own pictures as styles."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from pydantic import BaseModel, Field

from impasto.errors import UnknownName
from impasto.inference.codes import numbers_of
from impasto.serve.answers import CACHED_PRIVATELY, PICTURE, refusals
from impasto.serve.errors import Refused
from impasto.serve.known_fields import KNOWN_FIELDS
from impasto.serve.own_styles import OwnStyle
from impasto.serve.studio import Client, Studio, TheStudio
from impasto.serve.tasks import Encoded, EncodeStyle
from impasto.serve.uploads import read_picture_file
from impasto.weights.presets import Preset

__all__ = ["router"]

router = APIRouter(prefix="/v1/styles", tags=["styles"])

LONGEST_TITLE = 80
ADDRESS = "/v1/styles/{name}/thumbnail"


class StyleAnswer(BaseModel):
    """One style."""

    name: str = Field(description="What to send as style", examples=["starry-night"])
    title: str = Field(examples=["The Starry Night"])
    artist: str = Field(examples=["Vincent van Gogh"])
    year: str = Field(examples=["1889"])
    kind: Literal["preset", "own"]
    learnt: bool = Field(description="Whether the painter has learnt it, and does not only know its code")
    thumbnail: str = Field(description="Where its small picture is", examples=["/v1/styles/starry-night/thumbnail"])


class StylesAnswer(BaseModel):
    """All styles that this client can name."""

    styles: list[StyleAnswer]


class CodeAnswer(BaseModel):
    """A style code: the numbers that the model learnt to see, then mean and covariance of the colours (12).

    Of a learnt style `/v1/models/default/paint.onnx?style=NAME` is the painter that goes with it.
    """

    code: list[float]
    model: str = Field(examples=["default"])


@router.get("", summary="List the styles")
def list_styles(studio: TheStudio, client: Client) -> StylesAnswer:
    """The model's presets, then the styles that were added from the same address."""
    return StylesAnswer(styles=[_answer(studio, one) for one in studio.styles.listed(client)])


@router.post(
    "", status_code=201, summary="Add a style", responses=refusals(413, 415, 422, 503), dependencies=[KNOWN_FIELDS]
)
async def add_style(
    request: Request,
    studio: TheStudio,
    client: Client,
    picture: Annotated[UploadFile, File(description="A picture: JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF or HEIC")],
    name: Annotated[str | None, Form(description="What to call it, for people", max_length=LONGEST_TITLE)] = None,
) -> StyleAnswer:
    """A picture becomes a style with a name that cannot be guessed; it is kept for a while only."""
    data = await read_picture_file(picture, "picture")
    encoded: Encoded | None = await studio.pool.do(
        EncodeStyle(data, studio.max_pixels), wanted=lambda: _present(request)
    )
    if encoded is None:
        raise Refused(503, "the client has gone")
    words = "".join(letter if letter.isprintable() else " " for letter in name or "").split()
    title = " ".join(words) or "Own picture"
    return _answer(studio, studio.styles.own.add(encoded, title=title, client=client))


@router.delete("/{name}", status_code=204, summary="Forget a style", responses=refusals(403, 404))
def remove_style(name: str, studio: TheStudio) -> None:
    """Only what a client added can be forgotten, by whoever knows its name."""
    if not studio.styles.own.is_name(name):
        _known(studio, name)
        raise Refused(403, f"the style {name!r} is a preset, which cannot be deleted")
    _known(studio, name)
    studio.styles.own.remove(name)


@router.get(
    "/{name}/thumbnail", summary="A style's small picture", response_class=Response, responses=PICTURE | refusals(404)
)
def thumbnail(name: str, studio: TheStudio) -> Response:
    """Of a preset: a sample photo painted in it. Of an own style: its picture."""
    _known(studio, name)
    try:
        data, media_type = studio.styles.thumbnail(name)
    except UnknownName as error:
        raise Refused(404, str(error)) from None
    return Response(data, media_type=media_type, headers=CACHED_PRIVATELY)


@router.get("/{name}/code", summary="A style's code", responses=refusals(404))
def code(name: str, studio: TheStudio) -> CodeAnswer:
    """For painting elsewhere with the same model, such as in a browser."""
    _known(studio, name)
    return CodeAnswer(code=numbers_of(studio.styles.code(name)).tolist(), model=studio.manifest.name)


def _known(studio: Studio, name: str) -> None:
    """In a path an unknown name is an address where nothing is."""
    try:
        studio.styles.code(name)
    except UnknownName as error:
        raise Refused(404, str(error)) from None


def _answer(studio: Studio, style: Preset | OwnStyle) -> StyleAnswer:
    address = ADDRESS.format(name=style.name)
    return StyleAnswer(
        name=style.name,
        title=style.title,
        artist="" if isinstance(style, OwnStyle) else style.artist,
        year="" if isinstance(style, OwnStyle) else style.year,
        kind="own" if isinstance(style, OwnStyle) else "preset",
        learnt=style.learnt,
        thumbnail=studio.at(address),
    )


async def _present(request: Request) -> bool:
    return not await request.is_disconnected()
