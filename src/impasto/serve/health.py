"""``/healthz``, ``/readyz`` and ``/metrics``: for those who run the server."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import BaseModel

from impasto.serve.answers import refusals
from impasto.serve.errors import Refused
from impasto.serve.studio import TheStudio

__all__ = ["router"]

router = APIRouter(tags=["health"])


class StateAnswer(BaseModel):
    """How the server is."""

    status: str


@router.get("/healthz", summary="Is it alive?")
async def healthz() -> StateAnswer:
    """It answers."""
    return StateAnswer(status="alive")


@router.get("/readyz", summary="Can it paint?", responses=refusals(503))
async def readyz(studio: TheStudio) -> StateAnswer:
    """Painters have loaded the model, and the server is not being stopped."""
    if studio.stopping.is_set():
        raise Refused(503, "the server is being stopped")
    if studio.pool.error is not None and not studio.pool.ready:
        raise studio.pool.error
    if not studio.pool.ready:
        raise Refused(503, "the painters are loading the model")
    return StateAnswer(status="ready")


@router.get(
    "/metrics",
    summary="Counters for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(studio: TheStudio) -> Response:
    """Requests, seconds, painters, frames and jobs."""
    return Response(studio.metrics.text(studio.now()), media_type=studio.metrics.media_type)
