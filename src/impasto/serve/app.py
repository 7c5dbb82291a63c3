"""The application, put together; ``uvicorn --factory impasto.serve.app:create_app`` serves it as well."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware

import impasto
from impasto.errors import UsageError
from impasto.options import describe
from impasto.serve import docs_page, health, job_routes, live, model_routes, page, style_routes, stylize_route
from impasto.serve.answers import refusals
from impasto.serve.below import Below
from impasto.serve.errors import handle_errors
from impasto.serve.guard import Guard
from impasto.serve.heads import Heads
from impasto.serve.intake import Intake
from impasto.serve.kept_folder import take_folder
from impasto.serve.metrics import Counting
from impasto.serve.options import StudioOptions
from impasto.serve.stopping import on_signals
from impasto.serve.studio import Studio

__all__ = ["FOLDER", "OPTIONS", "create_app", "environment_of", "token_of"]

OPTIONS, FOLDER = "IMPASTO_STUDIO", "IMPASTO_STUDIO_FOLDER"
ROUTES = (health, style_routes, stylize_route, job_routes, model_routes, live, page, docs_page)
DESCRIPTION = """Paint photos in the manner of artworks.

Forms are `multipart/form-data`. Every error is `{"error": "one sentence"}`. Where a token is needed, send
`Authorization: Bearer TOKEN`."""


def create_app(options: StudioOptions | None = None, folder: Path | None = None) -> FastAPI:
    """The studio as an ASGI application.

    Args:
        options: how it serves; those of the environment's ``IMPASTO_STUDIO`` (JSON) unless given, else the defaults.
        folder: where clients' styles and jobs are kept; that of the environment's ``IMPASTO_STUDIO_FOLDER`` unless
            given, else one of its own that is deleted in the end.

    Raises:
        ImpastoError: the options cannot be used, or the model cannot be found.
    """
    options = options or _options_from(os.environ)
    named = os.environ.get(FOLDER, options.folder)
    given = folder or (None if named is None else Path(named))
    kept = given or take_folder(None, 60 * options.keep_minutes)
    studio = Studio(options, kept)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        with on_signals(studio.stopping):
            await studio.start()
            try:
                yield
            finally:
                await studio.stop()
                if given is None:
                    shutil.rmtree(kept, ignore_errors=True)

    mb = 2**20
    app = FastAPI(
        title="Impasto",
        version=impasto.__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # FastAPI's loads from another host
        redoc_url=None,
        responses=refusals(),
        servers=[{"url": options.root_path}] if options.root_path else None,
        root_path_in_servers=False,
        middleware=[
            *([Middleware(Below, root=options.root_path)] if options.root_path else []),
            Middleware(Guard, hosts=(options.host, *options.allow_host), token=token_of(options)),
            Middleware(Counting, metrics=studio.metrics),
            Middleware(Heads),
            Middleware(
                Intake,
                limits={
                    "/v1/stylize": options.upload_mb * mb,
                    "/v1/styles": options.upload_mb * mb,
                    "/v1/jobs": options.job_upload_mb * mb,
                },
                requests=2 * (options.queue + studio.pool.count),
                together=2 * mb * max(options.upload_mb, options.job_upload_mb),
            ),
        ],
    )
    app.state.studio = studio
    handle_errors(app)
    for module in ROUTES:
        app.include_router(module.router)
    return app


def environment_of(options: StudioOptions, folder: Path) -> dict[str, str]:
    """What :func:`create_app` reads in another process."""
    return {OPTIONS: json.dumps(asdict(options)), FOLDER: str(folder)}


def token_of(options: StudioOptions) -> str | None:
    """The token that is demanded, if one is.

    Raises:
        UsageError: one is needed, and none was given.
    """
    if not options.demands_token:
        return None
    if options.token is None:
        raise UsageError(f"at {options.host} others can reach the server: give a token of at least 16 characters")
    return options.token


def _options_from(environment: Mapping[str, str]) -> StudioOptions:
    given: dict[str, Any] = json.loads(environment.get(OPTIONS, "{}"))
    for one in describe(StudioOptions):
        if one.many and one.name in given:
            given[one.name] = tuple(given[one.name])
    return StudioOptions(**given)
