"""``/v1/jobs``: what takes longer than one waits for. Films, large pictures, painting by optimisation, learning."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, File, Form, Header, Response, UploadFile
from pydantic import BaseModel, Field
from starlette.responses import FileResponse, StreamingResponse

from impasto.optimize.options import OptimizeOptions
from impasto.serve import job_store
from impasto.serve.answers import EVENTS, PREVIEW, RESULT, refusals
from impasto.serve.errors import Refused
from impasto.serve.forms import TheLook, ThePictures
from impasto.serve.from_options import form_of
from impasto.serve.job_forms import FILM_FIELDS, OPTIMIZE_FIELDS, work_from
from impasto.serve.job_store import JobRecord
from impasto.serve.known_fields import KNOWN_FIELDS
from impasto.serve.studio import Client, Studio, TheStudio
from impasto.serve.stylize_route import Format
from impasto.serve.uploads import HEAD, read_picture_file
from impasto.video.options import FilmOptions

__all__ = ["router"]

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

LOOK_SECONDS = 0.2  # between two looks at a job that is followed
PING_SECONDS = 15.0  # after which a silent connection is shown to be alive
EVENT_STREAM = "text/event-stream"
FRESH = {"Cache-Control": "no-store"}

TheFilm = Annotated[dict[str, Any], Depends(form_of(FilmOptions, FILM_FIELDS))]
TheOptimisation = Annotated[dict[str, Any], Depends(form_of(OptimizeOptions, OPTIMIZE_FIELDS))]


class JobAnswer(BaseModel):
    """How a job is."""

    id: str
    kind: Literal["stylize", "video", "optimize", "learn"]
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: float = Field(ge=0, le=1)
    message: str = Field(description="What it is at, for people", examples=["painting frame 120 of 300"])
    eta_seconds: float | None = Field(description="Seconds until it is done, as far as one can tell")
    preview: str | None = Field(description="Where a picture of how it will look is; it changes with the picture")
    result: str | None = Field(description="Where what was painted is, once it is done")
    error: str | None = Field(description="Why it failed, in one sentence")
    interrupted: bool = Field(description="Whether it failed only because the server ended; it may be sent again")
    created: float = Field(description="When it was sent, in seconds since 1970", examples=[1767225600.0])
    styles: list[str] = Field(description="The names of its styles, as they were sent", examples=[["udnie"]])
    media_type: str | None = Field(description="Of the result, once it is done", examples=["image/jpeg"])


class JobsAnswer(BaseModel):
    """All jobs of a client."""

    jobs: list[JobAnswer]


@router.post(
    "",
    status_code=202,
    summary="Begin a job",
    responses=refusals(408, 413, 415, 422, 429, 501, 503),
    dependencies=[KNOWN_FIELDS],
)
async def begin(  # noqa: PLR0917 - FastAPI gives them by name
    response: Response,
    studio: TheStudio,
    client: Client,
    kind: Annotated[Literal["stylize", "video", "optimize", "learn"], Form(description="What is to be done")],
    content: Annotated[
        UploadFile, File(description="A picture, or for video a film; for learn, a photo to practise on and to show")
    ],
    pictures: ThePictures,
    look: TheLook,
    film: TheFilm,
    optimize: TheOptimisation,
    init: Annotated[
        UploadFile | None, File(description="For optimize: a painting of the photo to go on from, which keeps its size")
    ] = None,
    format: Annotated[Format, Form(description="Of a painted picture; films are mp4")] = "jpeg",  # noqa: A002 - the field's name
) -> JobAnswer:
    """A large picture (`stylize`), a film with its sound (`video`), a picture painted by optimisation (`optimize`), or
    an added style learnt (`learn`), after which its name paints with what was learnt.

    Follow it at `/v1/jobs/{id}/events`.
    """
    before = None if init is None else await read_picture_file(init, "init")
    head = await content.read(HEAD)
    await content.seek(0)

    def made() -> JobRecord:
        work, name = work_from(
            studio, kind, head, form=pictures, look=look, film=film, optimize=optimize, format_name=format, init=before
        )
        job = studio.jobs.add(kind, client, [style for style, _ in pictures.names])
        try:
            with (studio.jobs.folder(job.id) / name).open("xb") as file:
                shutil.copyfileobj(content.file, file, 2**20)
        except BaseException:
            studio.jobs.forget(job.id)
            raise
        studio.runner.give(job, work)
        return job

    if studio.stopping.is_set():
        raise Refused(503, "the server is being stopped; try again in a moment")
    job = await asyncio.to_thread(made)
    response.headers["Location"] = studio.at(f"/v1/jobs/{job.id}")
    return _answer(studio, job)


@router.get("", summary="List the jobs")
def list_jobs(studio: TheStudio, client: Client) -> JobsAnswer:
    """Those that were sent from the same address, the newest first."""
    return JobsAnswer(jobs=[_answer(studio, job) for job in studio.jobs.of_client(client)])


@router.get("/{job}", summary="How is a job?", responses=refusals(404))
def look_at(job: str, studio: TheStudio) -> JobAnswer:
    """Its state, progress and where its results are."""
    return _answer(studio, studio.jobs.read(job))


@router.get(
    "/{job}/events",
    summary="Follow a job",
    response_class=Response,
    responses=EVENTS | refusals(404, 503),
)
async def follow(job: str, studio: TheStudio, accept: Annotated[str, Header()] = "") -> Response:
    """An event at once and at every change; the last tells of the end.

    If there is no such job, or none any more, the only event is `gone`, with the error as JSON. Whoever does not ask
    for `text/event-stream` gets 404 for a job that is not there to begin with.
    """
    if EVENT_STREAM not in accept:  # browsers' EventSource hides a 404 from the page
        await asyncio.to_thread(studio.jobs.read, job)
    if studio.followers >= studio.options.sockets:
        raise Refused(503, "too many jobs are being followed; ask for the job itself now and then")
    return StreamingResponse(_events(job, studio), media_type=EVENT_STREAM, headers=FRESH)


@router.get(
    "/{job}/preview",
    summary="A job's preview",
    response_class=Response,
    responses=PREVIEW | refusals(404),
)
def preview(job: str, studio: TheStudio) -> Response:
    """Of an optimisation: the picture so far. Of a film: its first frame, painted. Of learning: the photo."""
    found = studio.jobs.file(studio.jobs.read(job), job_store.PREVIEW)
    return FileResponse(found, media_type="image/jpeg", headers=FRESH)


@router.get(
    "/{job}/result",
    summary="What a job has painted",
    response_class=Response,
    responses=RESULT | refusals(404),
)
def result(job: str, studio: TheStudio) -> Response:
    """Once its state is done; kept for a while only."""
    found = studio.jobs.read(job)
    if found.result is None:
        raise Refused(404, f"the job has no result; its state is {found.state}")
    path = studio.jobs.file(found, found.result)
    return FileResponse(
        path, media_type=found.media_type, headers={"Cache-Control": "private, max-age=3600"}, filename=None
    )


@router.delete("/{job}", status_code=204, summary="Cancel or forget a job", responses=refusals(404))
def end(job: str, studio: TheStudio) -> None:
    """One that waits or runs is cancelled; one that has ended is forgotten with its results."""
    found = studio.jobs.read(job)
    if found.ended:
        studio.jobs.forget(job)
        return
    studio.jobs.ask_to_cancel(job)
    if found.state == "queued":  # whoever runs it will come to it only later
        studio.jobs.write(replace(found, state="cancelled", message="cancelled"))


async def _events(job: str, studio: Studio) -> AsyncIterator[str]:
    studio.followers += 1
    told, silent_since = None, time.monotonic()
    try:
        while True:
            try:
                found = await asyncio.to_thread(studio.jobs.read, job)
            except Refused as error:
                yield f"event: gone\ndata: {json.dumps({'id': job[:80], 'error': error.message})}\n\n"
                return
            if found != told:
                told, silent_since = found, time.monotonic()
                yield f"event: job\ndata: {_answer(studio, found).model_dump_json()}\n\n"
            elif time.monotonic() - silent_since > PING_SECONDS:
                silent_since = time.monotonic()
                yield ": still here\n\n"
            if found.ended:
                return
            if studio.stopped.is_set():
                return
            await asyncio.sleep(LOOK_SECONDS)
    finally:
        studio.followers -= 1


def _answer(studio: Studio, job: JobRecord) -> JobAnswer:
    address = studio.at(f"/v1/jobs/{job.id}")
    told = asdict(job) | {
        "preview": f"{address}/preview?n={job.previews}" if job.previews else None,
        "result": f"{address}/result" if job.result else None,
    }
    return JobAnswer.model_validate({name: told[name] for name in JobAnswer.model_fields})
