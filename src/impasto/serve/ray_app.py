"""The same application as replicas under Ray Serve, on one machine or several that see the same folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from impasto.errors import MissingExtra
from impasto.serve.app import create_app, token_of
from impasto.serve.options import StudioOptions

__all__ = ["studio_on_ray"]


def studio_on_ray(options: StudioOptions, *, folder: str, replicas: int = 1, **deployment: Any) -> Any:
    """The studio as a Ray Serve application, for ``serve.run``.

    Args:
        options: how each replica serves; its address is Ray's to choose, so a token must be given, or ``no_auth``.
        folder: where clients' styles and jobs are kept; seen by all replicas.
        replicas: how many.
        deployment: further options of ``serve.deployment``, such as ``ray_actor_options``.

    Raises:
        MissingExtra: Ray Serve is not installed.
        ImpastoError: the options cannot be used.
    """
    try:
        from ray import serve
    except ImportError:
        raise MissingExtra("ray", "serving on a Ray cluster") from None
    # Whoever Ray lets reach its proxy reaches the studio.
    outside = replace(options, host="0.0.0.0")  # noqa: S104 - nothing is bound, but a token demanded
    token_of(outside)

    def application() -> Any:
        return create_app(outside, Path(folder))

    return serve.deployment(num_replicas=replicas, **deployment)(serve.ingress(application)(_Studio)).bind()


class _Studio:
    """What Ray keeps a replica of; the application answers."""
