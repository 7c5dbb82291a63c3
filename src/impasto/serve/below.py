"""The studio below a path of a proxy's, such as ``https://example.org/paint/``."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Below"]


class Below:
    """Takes the path that a proxy has left before the studio's own off every request; without it they pass as well.

    Args:
        root: the path, such as ``/paint``.
    """

    def __init__(self, app: ASGIApp, root: str) -> None:
        self._app = app
        self._root = root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            path: str = scope["path"]
            while path.startswith(f"{self._root}/"):  # twice, if a page puts it before an address that has it
                path = path[len(self._root) :]
            if path != scope["path"]:
                scope = {**scope, "path": path}
                scope.pop("raw_path", None)
        await self._app(scope, receive, send)
