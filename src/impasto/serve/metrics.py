"""What is counted, for Prometheus."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Counting", "Metrics"]

SHARED = "PROMETHEUS_MULTIPROC_DIR"  # where several server processes count together
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """Counters of one server process; with ``PROMETHEUS_MULTIPROC_DIR``, of all of them together."""

    media_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        own = self._registry
        self.requests = Counter("impasto_requests", "Requests answered", ("method", "route", "status"), registry=own)
        self.seconds = Histogram(
            "impasto_request_seconds", "Until the answer begins", ("route",), buckets=SECONDS, registry=own
        )
        self.painted = Histogram(
            "impasto_paint_seconds", "Painting one picture", ("what",), buckets=SECONDS, registry=own
        )
        self.dropped = Counter(
            "impasto_frames_dropped", "Camera frames that came while another was painted", registry=own
        )
        self.jobs = Counter("impasto_jobs", "Jobs that ended", ("kind", "state"), registry=own)
        self._now = {
            name: Gauge(f"impasto_{name}", meaning, registry=own, multiprocess_mode="livesum")
            for name, meaning in {
                "painters_ready": "Painters that have loaded the model",
                "painters_busy": "Painters at work",
                "painters_replaced": "Painters that died and were replaced",
                "painters_renewed": "Painters that held too much memory and were replaced",
                "waiting": "Requests that wait for a painter",
                "sockets": "Live connections",
                "jobs_open": "Jobs that wait or run",
            }.items()
        }

    def text(self, now: Iterable[tuple[str, float]]) -> bytes:
        """All of it as Prometheus reads it, with the present values of what goes up and down."""
        for name, value in now:
            self._now[name].set(value)
        if folder := os.environ.get(SHARED):
            shared = CollectorRegistry()
            MultiProcessCollector(shared, folder)  # type: ignore[no-untyped-call]
            return generate_latest(shared)
        return generate_latest(self._registry)


class Counting:
    """ASGI middleware that counts requests by the pattern of their path, of which there are few."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "other")
                self._metrics.requests.labels(_method(scope), route, message["status"]).inc()
                self._metrics.seconds.labels(route).observe(time.perf_counter() - started)
            await send(message)

        await self._app(scope, receive, counted)


def _method(scope: Scope) -> str:
    method: str = scope["method"]
    return method if method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH") else "other"
