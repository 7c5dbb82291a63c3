"""What ``impasto studio`` can be told, and the bounds within which it serves."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from impasto.errors import UsageError
from impasto.options import Checked, EngineOptions, option

__all__ = ["LimitOptions", "StudioOptions", "is_loopback"]

SHORTEST_TOKEN = 16


@dataclass(frozen=True, kw_only=True)
class LimitOptions(Checked):
    """How much one client, and all together, may ask for. What is beyond is refused, never stored up."""

    upload_mb: int = option("Most megabytes of a request with pictures", 64, metavar="MB", at_least=1, at_most=4096)
    job_upload_mb: int = option("Most megabytes of a job's files", 512, metavar="MB", at_least=1, at_most=65536)
    megapixels: float = option(
        "Most megapixels of a picture that is painted at once", 24.0, metavar="N", at_least=0.01, at_most=89
    )
    job_megapixels: float = option(
        "Most megapixels of a picture that is painted as a job", 89.0, metavar="N", at_least=0.01, at_most=89
    )
    film_minutes: float = option("Longest film in minutes", 10.0, metavar="N", at_least=0.01, at_most=1440)
    optimize_minutes: float = option(
        "Longest painting by optimisation in minutes", 30.0, metavar="N", at_least=0.01, at_most=1440
    )
    optimize_size: int = option(
        "Longest side of what is painted by optimisation", 1024, metavar="PX", at_least=16, at_most=8192
    )
    learn_minutes: float = option(
        "Longest learning of a style in minutes", 30.0, metavar="N", at_least=0.01, at_most=1440
    )
    queue: int = option("Requests that may wait for a painter", 32, at_least=0, at_most=4096)
    patience: float = option(
        "Seconds that a picture may take to paint, and may wait for it", 60.0, metavar="SECONDS", at_least=1
    )
    job_minutes: float = option("Minutes that a job may take", 120.0, metavar="N", at_least=0.01)
    job_mb: int = option(
        "Most megabytes of memory of one job, where the system can hold it to that", 8192, metavar="MB", at_least=512
    )
    jobs: int = option("Jobs that may be waiting or running", 16, at_least=1, at_most=4096)
    jobs_per_client: int = option("Jobs of one client among them", 4, at_least=1, at_most=4096)
    sockets: int = option("Live connections, and as many that follow jobs", 16, at_least=1, at_most=4096)
    sockets_per_client: int = option("Live connections of one client", 4, at_least=1, at_most=4096)
    own_styles: int = option("Styles of clients that are kept; the oldest make room", 64, at_least=1, at_most=4096)
    keep_minutes: float = option(
        "Minutes for which results and clients' styles are kept", 120.0, metavar="N", at_least=0.01
    )
    store_mb: int = option("Most megabytes of kept results; the oldest make room", 2048, metavar="MB", at_least=1)
    painter_mb: int = option(
        "Most megabytes of memory of one painter, where the system can hold it to that",
        4096,
        metavar="MB",
        at_least=512,
    )


@dataclass(frozen=True, kw_only=True)
class StudioOptions(LimitOptions, EngineOptions):
    """How the studio is served."""

    host: str = option("Address to listen at; any but this machine's own demands a token", "127.0.0.1")
    port: int = option("Port to listen at; 0 takes a free one", 7860, at_least=0, at_most=65535)
    token: str | None = option("What clients must know; made up and printed where one is demanded", None)
    no_auth: bool = option("Demand no token, whoever may reach the address", False)
    allow_host: tuple[str, ...] = option(
        "Another name by which browsers reach the server, such as that of a proxy; repeat for several", ()
    )
    root_path: str = option(
        "Path below which a proxy shows the studio, such as /paint; needed only where the proxy leaves it on", ""
    )
    painters: int | None = option(
        "Processes that paint; one per processor core, at most 4, unless given",
        None,
        at_least=1,
        at_most=256,
    )
    running_jobs: int = option("Jobs that run at the same time", 1, at_least=1, at_most=64)
    folder: str | None = option(
        "Folder in which jobs and clients' styles outlast the server; a temporary one unless given", None, metavar="DIR"
    )
    processes: int = option("Server processes, each with its own painters", 1, at_least=1, at_most=64)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.token is not None and len(self.token) < SHORTEST_TOKEN:
            raise UsageError(f"the token has {len(self.token)} characters, expected at least {SHORTEST_TOKEN}")
        if self.token is not None and not (self.token.isascii() and self.token.isprintable() and ";" not in self.token):
            raise UsageError("the token holds other than printable ASCII characters, or a semicolon")
        if self.root_path and (not self.root_path.startswith("/") or self.root_path.endswith("/")):
            raise UsageError(f"the root path is {self.root_path!r}, expected one such as /paint")
        if self.token is not None and self.no_auth:
            raise UsageError("token and no_auth contradict each other; give one of them")

    @property
    def demands_token(self) -> bool:
        """Whether others than this machine's own users could reach the address, or a token was given."""
        return not self.no_auth and (self.token is not None or not is_loopback(self.host))


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
