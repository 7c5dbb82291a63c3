"""Who may ask: Host, Origin, token; and what every answer tells the browser."""

from __future__ import annotations

import asyncio
import re
import socket

import pytest

from impasto.errors import UsageError
from impasto.serve.app import create_app
from impasto.serve.guard import COOKIE, SECURITY_HEADERS, Guard
from impasto.serve.options import StudioOptions, is_loopback

TOKEN = "0123456789abcdef-token"
OUTSIDE = {"host": "0.0.0.0", "token": TOKEN}


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:7860", "localhost:1", "[::1]:7860", "192.168.1.7", socket.gethostname()]
)
def test_own_names_pass(ask, host):
    assert ask("GET", "/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "", "a:b:c", "[::1"])
@pytest.mark.parametrize("options", [{}, OUTSIDE, {"host": "0.0.0.0", "no_auth": True}])
def test_other_names_do_not(ask, host, options):
    answer = ask("GET", "/v1/styles", headers={"Host": host, "Authorization": f"Bearer {TOKEN}"}, options=options)
    assert answer.status_code == 403
    assert "is not called" in answer.json()["error"]


def test_a_name_can_be_allowed(ask):
    options = {"allow_host": ("Studio.example",)}
    assert ask("GET", "/v1/styles", headers={"Host": "studio.example:443"}, options=options).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 404),
        ({"Origin": "http://127.0.0.1"}, 404),
        ({"Origin": "http://127.0.0.1:80"}, 404),
        ({"Origin": "https://127.0.0.1"}, 404),
        ({"Origin": "http://127.0.0.1:8080"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1"}, 404),
    ],
)
def test_only_pages_of_ours_change_anything(ask, headers, status):
    assert ask("DELETE", "/v1/styles/own-" + "a" * 22, headers=headers).status_code == status


def test_pages_of_others_may_only_look_and_browsers_keep_it_from_them(ask):
    answer = ask("GET", "/v1/styles", headers={"Origin": "http://evil.example"})
    assert answer.status_code == 200
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/static/nothing.js", "/v1/styles", "/v1/nothing", "/docs", "/openapi.json"])
def test_every_answer_binds_the_browser(ask, path):
    answer = ask("GET", path)
    for name, value in SECURITY_HEADERS.items():
        assert answer.headers[name] == value
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert "http" not in policy


@pytest.mark.parametrize("path", ["/", "/v1/styles", "/v1/models/default", "/metrics", "/docs", "/openapi.json"])
def test_a_token_is_demanded(ask, path):
    answer = ask("GET", path, options=OUTSIDE)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    for given in (TOKEN[:-1], TOKEN + "x", "", "ünglaublich"):
        headers = {"Authorization": f"Bearer {given}".encode()}
        assert ask("GET", path, headers=headers, options=OUTSIDE).status_code == 401
    answer = ask("GET", path, headers={"Authorization": f"bearer {TOKEN}"}, options=OUTSIDE)
    assert answer.status_code == 200


def test_probes_need_no_token(ask):
    assert ask("GET", "/healthz", options=OUTSIDE).status_code == 200
    assert ask("GET", "/readyz", options=OUTSIDE).status_code == 503


def test_opening_the_address_with_the_token_sets_a_cookie(ask):
    answer = ask("GET", f"/?token={TOKEN}", options=OUTSIDE)
    assert (answer.status_code, answer.headers["location"]) == (303, "./")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}={TOKEN};")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    headers = {"Cookie": f"{COOKIE}={TOKEN}"}
    assert ask("GET", "/v1/styles", headers=headers, options=OUTSIDE).status_code == 200
    assert ask("GET", "/?token=wrong", options=OUTSIDE).status_code == 401


def test_the_token_leaves_the_address_bar_and_what_else_is_there_stays(ask):
    answer = ask("GET", f"/?mode=live&token={TOKEN}&style=a+b", options=OUTSIDE)
    assert answer.headers["location"] == "./?mode=live&style=a+b"
    cookie = {"Cookie": f"{COOKIE}={TOKEN}"}
    answer = ask("GET", "/?token=of-before", headers=cookie, options=OUTSIDE)
    assert (answer.status_code, answer.headers["location"]) == (303, "./")
    assert ask("GET", "/?mode=live", headers=cookie, options=OUTSIDE).status_code == 200


def test_two_studios_on_one_host_keep_their_cookies_apart(ask):
    cookies = "; ".join(f"{COOKIE}_{port}={TOKEN if port == 7861 else 'of-another-studio'}" for port in (7860, 7861))
    for port, status in ((7860, 401), (7861, 200)):
        answer = ask("GET", "/v1/styles", host=f"127.0.0.1:{port}", headers={"Cookie": cookies}, options=OUTSIDE)
        assert answer.status_code == status


def test_browsers_get_a_page_that_asks_for_the_token_and_programs_a_sentence(ask):
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    answer = ask("GET", "/", headers=browser, options=OUTSIDE)
    assert (answer.status_code, answer.headers["content-type"]) == (401, "text/html; charset=utf-8")
    assert 'name="token"' in answer.text
    assert "not this studio" not in answer.text
    assert "not this studio" in ask("GET", "/?token=wrong", headers=browser, options=OUTSIDE).text
    style = re.search(r'href="(static/[\w.]+)"', answer.text)[1]
    assert ask("GET", f"/{style}", options=OUTSIDE).status_code == 200
    for path in ("/v1/styles", "/static/main.js"):
        assert set(ask("GET", path, headers=browser, options=OUTSIDE).json()) == {"error"}


def test_the_cookie_is_of_no_use_to_pages_of_others(ask):
    headers = {"Cookie": f"{COOKIE}={TOKEN}", "Origin": "http://evil.example"}
    assert ask("DELETE", "/v1/styles/udnie", headers=headers, options=OUTSIDE).status_code == 403


@pytest.mark.parametrize("headers", [{}, {"host": "evil.example"}, {"authorization": "Bearer nothing"}])
def test_cameras_are_refused_before_anything_is_accepted(headers):
    sent = []

    async def never(*_):
        raise AssertionError

    async def send(message):
        sent.append(message)

    given = [(name.encode(), value.encode()) for name, value in ({"host": "127.0.0.1"} | headers).items()]
    scope = {"type": "websocket", "path": "/v1/live", "headers": given, "query_string": b"", "scheme": "ws"}
    asyncio.run(Guard(never, token=TOKEN)(scope, never, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_another_host_needs_a_token_or_no_auth_said_aloud(tmp_path, toy_model):
    with pytest.raises(UsageError, match="others can reach the server"):
        create_app(StudioOptions(model=str(toy_model), host="192.168.1.7"), tmp_path)
    create_app(StudioOptions(model=str(toy_model), host="192.168.1.7", no_auth=True), tmp_path)


@pytest.mark.parametrize(
    "given", [{"token": "short"}, {"token": TOKEN, "no_auth": True}, {"token": "ein längeres Wort"}, {"port": 70000}]
)
def test_options_are_checked(given):
    with pytest.raises(UsageError):
        StudioOptions(**given)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False)],
)
def test_loopback(host, expected):
    assert is_loopback(host) is expected
