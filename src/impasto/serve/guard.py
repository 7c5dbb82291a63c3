"""Who may ask: the Host and Origin of a request, the token, and the headers that bind the browser.

* Host: another site's name that resolves to this machine (DNS rebinding) is refused: only addresses, localhost, this
  machine's own name and names that were allowed pass.
* Origin: what changes something and every WebSocket must come from a page of ours, or from no page at all.
* Token: a bearer token, or the cookie that opening ``/?token=...`` sets.
"""

from __future__ import annotations

import hmac
import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from impasto.serve.errors import answer_to

__all__ = ["COOKIE", "SECURITY_HEADERS", "Guard"]

COOKIE = "impasto_token"
COOKIE_SECONDS = 30 * 24 * 3600
OPEN_PATHS = ("/healthz", "/readyz")  # what probes ask, who know no token; they say nothing of anybody
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

CONTENT_SECURITY_POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'wasm-unsafe-eval'",
    "worker-src": "'self' blob:",
    "img-src": "'self' blob: data:",
    "media-src": "'self' blob:",
    "connect-src": "'self' blob: data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
SECURITY_HEADERS = {
    "Content-Security-Policy": "; ".join(f"{what} {where}" for what, where in CONTENT_SECURITY_POLICY.items()),
    "Cross-Origin-Embedder-Policy": "require-corp",  # with the next, threads for what is painted in the browser
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), display-capture=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """ASGI middleware before everything else.

    Args:
        hosts: names by which the server may be called besides addresses, localhost and the machine's own name.
        token: what must be known; ``None`` demands nothing.
    """

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str] = (), token: str | None = None) -> None:
        own = socket.gethostname().lower()
        self._app = app
        self._hosts = {"localhost", own, f"{own}.local", *(host.lower() for host in hosts)}
        self._token = None if token is None else token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return

        async def send_bound(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, send_bound)
        elif scope["type"] == "http":
            await refusal(scope, receive, send_bound)
        else:  # which the browser sees as 403, whatever the reason
            await send({"type": "websocket.close", "code": 1008})

    def _refusal(self, scope: Scope) -> Response | None:
        """The answer to what may not pass."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._is_ours(host):
            return answer_to(
                403, f"this server is not called {host[:80]!r}; start it with --allow-host to serve that name"
            )
        changes = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        if changes and not _same_origin(headers, host):
            return answer_to(403, "the request comes from a page of another site, which may not use this server")
        if self._token is None or scope["path"] in OPEN_PATHS or self._knows_token(headers):
            return None
        if scope["type"] == "http" and scope["path"] == "/" and (given := _token_in(scope)) and self._matches(given):
            # The address bar and the history are no place for a token: it moves into a cookie.
            answer = RedirectResponse("/", 303)
            secure = scope["scheme"] == "https"
            answer.set_cookie(
                COOKIE, given, max_age=COOKIE_SECONDS, httponly=True, samesite="strict", path="/", secure=secure
            )
            return answer
        return answer_to(
            401, "a token is needed: open the address that the server printed, or send 'Authorization: Bearer TOKEN'"
        )

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
            port = urlsplit(f"//{host}").port  # noqa: F841 - which raises unless it is a number
        except ValueError:
            return False
        if name.rstrip(".") in self._hosts:
            return True
        try:
            ipaddress.ip_address(name)  # no site of another's is called by a bare address
        except ValueError:
            return False
        return True

    def _knows_token(self, headers: Headers) -> bool:
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and self._matches(given.strip()):
            return True
        return self._matches(cookie_parser(headers.get("cookie", "")).get(COOKIE, ""))

    def _matches(self, given: str) -> bool:
        assert self._token is not None
        return hmac.compare_digest(given.encode("utf-8", "replace"), self._token)


def _token_in(scope: Scope) -> str:
    query: bytes = scope["query_string"]
    return parse_qs(query.decode("latin-1")).get("token", [""])[0]


def _same_origin(headers: Headers, host: str) -> bool:
    """Whether a page of ours asks, or no page: browsers tell the origin of whatever changes something."""
    if headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    found = urlsplit(origin)
    usual = {"http": ":80", "https": ":443"}.get(found.scheme, "")
    return bool(found.netloc) and found.netloc.lower().removesuffix(usual) == host.lower().removesuffix(usual)
