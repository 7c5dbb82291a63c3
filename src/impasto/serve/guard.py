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
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from impasto.serve.errors import answer_to
from impasto.serve.static_files import STATIC

__all__ = ["COOKIE", "SECURITY_HEADERS", "Guard"]

COOKIE = "impasto_token"  # and the port, as cookies are those of a host, whatever its port
COOKIE_SECONDS = 30 * 24 * 3600
OPEN_PATHS = ("/healthz", "/readyz")  # what probes ask, who know no token; they say nothing of anybody
OPEN_FILES = ("/static/token.css",)
PAGES = ("/", "/docs")  # which browsers open, and to which the page that asks for the token has the way
TOKEN_PAGE = STATIC / "token.html"
WRONG_PLACE, WRONG = "<!-- wrong -->", '<p role="alert">That is not this studio’s token.</p>'
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
        if self._token is None or scope["path"] in OPEN_PATHS + OPEN_FILES:
            return None
        given = _token_in(scope) if scope["type"] == "http" and scope["path"] == "/" else None
        if given is not None and self._matches(given):
            return _moved_into_cookie(scope, given)
        if self._knows_token(headers, _cookie_of(scope)):
            return None if given is None else _without_token(scope)
        if scope["type"] == "http" and scope["path"] in PAGES and "text/html" in headers.get("accept", ""):
            return _token_page(wrong=given is not None)
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

    def _knows_token(self, headers: Headers, cookie: str) -> bool:
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and self._matches(given.strip()):
            return True
        return self._matches(cookie_parser(headers.get("cookie", "")).get(cookie, ""))

    def _matches(self, given: str) -> bool:
        assert self._token is not None
        return hmac.compare_digest(given.encode("utf-8", "replace"), self._token)


def _cookie_of(scope: Scope) -> str:
    server = scope.get("server")
    return f"{COOKIE}_{server[1]}" if server and server[1] else COOKIE


def _fields_in(scope: Scope) -> list[tuple[str, str]]:
    query: bytes = scope["query_string"]
    return parse_qsl(query.decode("latin-1"), keep_blank_values=True)


def _token_in(scope: Scope) -> str | None:
    return dict(_fields_in(scope)).get("token")


def _without_token(scope: Scope) -> RedirectResponse:
    """To the same address without the token, for which address bar and history are no place."""
    rest = urlencode([(name, value) for name, value in _fields_in(scope) if name != "token"])
    return RedirectResponse(f"./?{rest}" if rest else "./", 303)  # relative, as a proxy may show it below a path


def _moved_into_cookie(scope: Scope, token: str) -> RedirectResponse:
    answer = _without_token(scope)
    answer.set_cookie(
        _cookie_of(scope),
        token,
        max_age=COOKIE_SECONDS,
        httponly=True,
        samesite="strict",
        path="/",
        secure=scope["scheme"] == "https",
    )
    return answer


def _token_page(*, wrong: bool) -> Response:
    page = TOKEN_PAGE.read_text(encoding="utf-8").replace(WRONG_PLACE, WRONG if wrong else "")
    return HTMLResponse(page, 401, {"WWW-Authenticate": "Bearer", "Cache-Control": "no-store"})


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
