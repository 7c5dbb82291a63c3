"""The studio below a path of a proxy's."""

from __future__ import annotations

import re

import pytest

from impasto.errors import UsageError
from impasto.serve.options import StudioOptions
from impasto.serve.static_files import STATIC


@pytest.mark.parametrize("path", ["/paint/", "/paint/static/api.js", "/paint/v1/styles", "/", "/v1/styles"])
def test_the_path_may_be_left_on_or_taken_off(ask, path):
    assert ask("GET", path, options={"root_path": "/paint"}).status_code == 200


@pytest.mark.parametrize("path", ["/v1/styles", "/v1/models", "/openapi.json"])
def test_addresses_in_answers_have_the_path(ask, path):
    options = {"root_path": "/paint"}
    found = re.findall(r'"(/(?:paint/)?v1/[^"]*)"', ask("GET", path, options=options).text)
    if path == "/openapi.json":
        assert ask("GET", path, options=options).json()["servers"] == [{"url": "/paint"}]
    else:
        assert found
        for told in found:
            assert told.startswith("/paint/v1/")
            address = told.replace("thumbnail", "code")  # the toy model has no thumbnails
            assert ask("GET", address, options=options).status_code == 200
            assert ask("GET", f"/paint{address}", options=options).status_code == 200  # as the page puts it


def test_limits_and_guards_hold_below_it_too(ask):
    assert ask("GET", "/paint/v1/styles", options={"root_path": "/paint"}, host="other.example").status_code == 403
    assert ask("GET", "/painted/v1/styles", options={"root_path": "/paint"}).status_code == 404


@pytest.mark.parametrize("path", ["paint", "/paint/"])
def test_what_is_no_path(path):
    with pytest.raises(UsageError, match="expected one such as /paint"):
        StudioOptions(root_path=path)


def test_the_page_asks_for_nothing_by_an_absolute_path():
    """But the server's own addresses, which api.js puts where they belong."""
    for file in STATIC.glob("*"):
        if file.suffix in (".html", ".js", ".css") and file.name != "api.js":
            assert not re.search(r"""["'`(]/(static|v1)/""", file.read_text(encoding="utf-8")), file.name
    api = (STATIC / "api.js").read_text(encoding="utf-8")
    for line in api.splitlines():
        if "`/v1" in line or '"/v1' in line:
            assert re.search(r"\b(json|request|at)\(", line), line
