"""``POST /v1/stylize``: a picture in, its pastiche out."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, Header, Request, Response, UploadFile

import impasto
from impasto.inference import codes
from impasto.serve.answers import PICTURE, refusals
from impasto.serve.errors import Refused
from impasto.serve.forms import TheLook, ThePictures, look_from, styles_for
from impasto.serve.known_fields import KNOWN_FIELDS
from impasto.serve.studio import Studio, TheStudio
from impasto.serve.tasks import Painted, PaintPicture
from impasto.serve.uploads import read_picture_file
from impasto.weights.manifest import ENCODE_STYLE, PAINT

__all__ = ["FORMATS", "Format", "router"]

router = APIRouter(tags=["painting"])

FRAMES = "Impasto-Frames"
Format = Literal["jpeg", "png", "webp"]
FORMATS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP"}
RESPONSES: dict[int | str, dict[str, Any]] = PICTURE | refusals(408, 413, 415, 422, 503)
RESPONSES[304] = {"description": "Nothing has changed since the answer with that ETag"}
RESPONSES[200]["headers"] = {
    "ETag": {"schema": {"type": "string"}, "description": "Equal requests give equal bytes, and this name of them"},
    FRAMES: {"schema": {"type": "string"}, "description": "Of an animation or pages, what was painted: 1 of 12"},
    "Server-Timing": {"schema": {"type": "string"}, "description": "Milliseconds of painting: paint;dur=17.3"},
}


@router.post(
    "/v1/stylize",
    summary="Paint a picture",
    response_class=Response,
    responses=RESPONSES,
    dependencies=[KNOWN_FIELDS],
)
async def stylize(  # noqa: PLR0917 - FastAPI gives them by name
    request: Request,
    studio: TheStudio,
    content: Annotated[UploadFile, File(description="The photo: JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF or HEIC")],
    pictures: ThePictures,
    look: TheLook,
    format: Annotated[Format, Form(description="Of the answer; jpeg lays transparency on white")] = "jpeg",  # noqa: A002 - the field's name
    if_none_match: Annotated[str | None, Header(description="ETags whose pictures the client has")] = None,
) -> Response:
    """Paint a photo in one style or a mixture; the answer is the picture.

    It is as large as the photo, or of the long side `size`, and keeps its EXIF data and resolution. The same request
    gives the same bytes.
    """
    options = look_from(look)
    task = PaintPicture(
        content=await read_picture_file(content, "content"),
        styles=await asyncio.to_thread(styles_for, pictures, studio.styles, options),
        mask=pictures.mask,
        options=options,
        format=FORMATS[format],
        max_pixels=studio.max_pixels,
    )
    tag = await asyncio.to_thread(_tag, studio, task, await studio.pool.identity())
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if if_none_match is not None and _holds(if_none_match, tag):
        return Response(status_code=304, headers=headers)

    async def wanted() -> bool:
        return not await request.is_disconnected()

    painted: Painted | None = await studio.pool.do(task, wanted=wanted)
    if painted is None:
        raise Refused(503, "the client has gone")
    studio.metrics.painted.labels("picture").observe(painted.seconds)
    if painted.frames > 1:
        headers[FRAMES] = f"1 of {painted.frames}"
    headers["Server-Timing"] = f"paint;dur={painted.seconds * 1000:.1f}"
    return Response(painted.data, media_type=f"image/{format}", headers=headers)


def _tag(studio: Studio, task: PaintPicture, painters: str) -> str:
    """A name of everything that decides the answer's bytes."""
    digest = hashlib.sha256()

    def add(part: bytes) -> None:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)

    add(repr((impasto.__version__, painters)).encode())
    add(repr([studio.manifest.sha256(file) for file in (ENCODE_STYLE, PAINT)]).encode())
    add(repr((task.options, task.format)).encode())
    add(task.content)
    add(task.mask or b"")
    for style, weight in task.styles:
        add(repr((weight, isinstance(style, bytes))).encode())
        add(style if isinstance(style, bytes) else codes.fingerprint(style))
    return f'"{digest.hexdigest()[:40]}"'


def _holds(given: str, tag: str) -> bool:
    """Whether the client has the picture; ``*`` names none, and does not say that the content could be painted."""
    return any(one.strip().removeprefix("W/") == tag for one in given.split(","))
