"""``/v1/models``: the model's file, for painting in the browser or elsewhere."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, Field
from starlette.responses import FileResponse

from impasto.errors import UsageError
from impasto.inference.codes import differences_of
from impasto.serve.answers import refusals
from impasto.serve.catalog import MOST_STYLES, split_weight
from impasto.serve.errors import Refused
from impasto.serve.graphs import tag_of
from impasto.serve.job_forms import cannot_learn
from impasto.serve.known_fields import KNOWN_FIELDS
from impasto.serve.studio import Studio, TheStudio
from impasto.weights.manifest import ENCODE_STYLE, PAINT

__all__ = ["router"]

router = APIRouter(prefix="/v1/models", tags=["models"])

DEFAULT = "default"  # whichever is served
FILES = (PAINT, ENCODE_STYLE)
BINARY: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "An ONNX graph",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    },
    304: {"description": "Nothing has changed since the answer with that ETag"},
}


class ModelAnswer(BaseModel):
    """What must be known to paint with the model; sizes are in pixels."""

    name: str = Field(examples=["default"])
    multiple: int = Field(description="A picture's height and width must be multiples of this")
    minimum: int = Field(description="... and at least this")
    code_size: int = Field(description="Learnt numbers of a style code; twelve of colour follow them")
    style_size: int = Field(description="To what a style picture's side is resized before it is encoded")
    style_side: str = Field(description="Which side that is: short or long")
    licence: str
    files: dict[str, str] = Field(description="Where its files are")
    cannot_learn: str | None = Field(description="Why styles cannot be learnt here, in one sentence; null if they can")


class ModelsAnswer(BaseModel):
    """The models that are served."""

    models: list[ModelAnswer]


@router.get("", summary="List the models")
def list_models(studio: TheStudio) -> ModelsAnswer:
    """There is one."""
    return ModelsAnswer(models=[_answer(studio, studio.manifest.name)])


@router.get("/{name}", summary="What a model is", responses=refusals(404))
def model(name: str, studio: TheStudio) -> ModelAnswer:
    """`default` is the one that is served, whatever its name."""
    _check(name, studio)
    return _answer(studio, name)


@router.get(
    "/{name}/{file}",
    summary="A model's file",
    response_class=Response,
    responses=BINARY | refusals(404, 503),
    dependencies=[KNOWN_FIELDS],
)
def model_file(
    name: str,
    file: str,
    studio: TheStudio,
    style: Annotated[
        list[str] | None,
        Query(
            description="Of paint.onnx: merge in what was learnt of these styles, each NAME or NAME:WEIGHT",
            max_length=MOST_STYLES,
        ),
    ] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """`paint.onnx`: content (uint8 1×h×w×3), code (float32 1×K) and recolor (float32 1×3×4) give uint8 1×h×w×3;
    `encode_style.onnx`: style (uint8 1×h×w×3) gives float32 1×K.
    """
    _check(name, studio)
    if file not in FILES:
        raise Refused(404, f"the model has no file {file[:80]!r} here, only {', '.join(FILES)}")
    manifest = studio.manifest
    if style and file != PAINT:
        raise UsageError(f"style has no meaning for {file}, only for {PAINT}; leave it out")
    if style:
        code = studio.styles.mix([split_weight(one) for one in style])
        manifest = manifest.with_differences(differences_of(code))
    tag = f'"{tag_of(manifest, file)}"'
    # Which style an own name stands for may change.
    headers = {"ETag": tag, "Cache-Control": "private, no-cache" if style else "private, max-age=3600"}
    if if_none_match is not None and tag in if_none_match:
        return Response(status_code=304, headers=headers)
    path = studio.graphs.path(manifest) if manifest.differences else manifest.folder / file
    return FileResponse(path, media_type="application/octet-stream", headers=headers)


def _check(name: str, studio: Studio) -> None:
    if name not in (DEFAULT, studio.manifest.name):
        raise Refused(404, f"there is no model {name[:80]!r} here, only {DEFAULT!r}")


def _answer(studio: Studio, name: str) -> ModelAnswer:
    manifest = studio.manifest
    return ModelAnswer(
        name=manifest.name,
        multiple=manifest.multiple,
        minimum=manifest.minimum,
        code_size=manifest.code_size,
        style_size=manifest.style_size,
        style_side=manifest.style_side,
        licence=manifest.licence,
        files={file: studio.at(f"/v1/models/{name}/{file}") for file in FILES},
        cannot_learn=cannot_learn(studio),
    )
