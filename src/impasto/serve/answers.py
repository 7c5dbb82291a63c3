"""What the API's description says of answers in general."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

__all__ = ["CACHED_PRIVATELY", "EVENTS", "PICTURE", "PREVIEW", "RESULT", "ErrorAnswer", "refusals"]

CACHED_PRIVATELY = {"Cache-Control": "private, max-age=3600"}

PICTURE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A picture",
        "content": {
            f"image/{kind}": {"schema": {"type": "string", "format": "binary"}} for kind in ("jpeg", "png", "webp")
        },
    }
}
EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events: `job` with the job as JSON, until it has ended; `gone` if there is none",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}
PREVIEW: dict[int | str, dict[str, Any]] = {200: {"description": "A picture", "content": {"image/jpeg": {}}}}
RESULT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A picture, a film, or a learnt style's file",
        "content": {
            kind: {} for kind in ("image/jpeg", "image/png", "image/webp", "video/mp4", "application/octet-stream")
        },
    },
    206: {"description": "The part that was asked for"},
    416: {"description": "There is no such part"},
}
ANY = (400, 401, 403, 422)
MEANINGS = {
    304: "Nothing has changed since the answer with that ETag",
    400: "The request cannot be understood",
    401: "A token is needed",
    403: "Not from there, or not this one",
    404: "There is no such thing, or none any more",
    408: "Nothing came for too long",
    409: "Not in this state",
    413: "More bytes, pixels or seconds than allowed",
    415: "No form, or a file of another kind",
    422: "A field or a file cannot be used",
    429: "This client has as many as it may; Retry-After says when to try again",
    501: "What this needs is not installed on the server",
    503: "Too much is being served; Retry-After says when to try again",
}


class ErrorAnswer(BaseModel):
    """Every error."""

    error: str = Field(
        description="One sentence: what was given, what was expected, what to do",
        examples=["strength is '2': input should be less than or equal to 1.5"],
    )


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Errors that a route answers, and those that any does."""
    wanted = sorted({*ANY, *statuses})
    return {status: {"model": ErrorAnswer, "description": MEANINGS[status]} for status in wanted}
