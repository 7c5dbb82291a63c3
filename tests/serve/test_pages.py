"""The page's files, the model's, the API's description, health and metrics."""

from __future__ import annotations

import gzip
import hashlib
import re

import pytest

from impasto.errors import ImpastoError
from impasto.options import LookOptions, describe
from impasto.serve.docs_page import STYLE
from impasto.serve.forms import LOOK_FIELDS
from impasto.serve.static_files import StaticFiles


@pytest.fixture
def static(tmp_path):
    folder = tmp_path / "static"
    (folder / "deep").mkdir(parents=True)
    (folder / "index.html").write_text("<p>page</p>")
    (folder / "app.mjs").write_text("export {}")
    (folder / "app.mjs.gz").write_bytes(gzip.compress(b"export {}"))
    (folder / "deep" / "ort.wasm.gz").write_bytes(gzip.compress(b"\0asm"))
    (folder / "notes.secret").write_text("no")
    (tmp_path / "outside.js").write_text("no")
    return StaticFiles(folder)


def test_compressed_where_it_can_be(static):
    packed = static.answer("app.mjs", "br, gzip", None)
    plain = static.answer("app.mjs", "", None)
    assert packed.headers["content-type"] == plain.headers["content-type"] == "text/javascript; charset=utf-8"
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(packed.body) == plain.body == b"export {}"
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert packed.headers["etag"] != plain.headers["etag"]


def test_what_is_there_only_compressed(static):
    packed = static.answer("deep/ort.wasm", "gzip", None)
    assert packed.headers["content-type"] == "application/wasm"
    assert packed.headers["content-encoding"] == "gzip"
    assert "max-age" in packed.headers["cache-control"]
    assert static.answer("deep/ort.wasm", "identity", None).body == b"\0asm"


def test_known_files_are_not_sent_again(static):
    first = static.answer("index.html", "gzip", None)
    assert first.headers["cache-control"] == "no-cache"
    again = static.answer("index.html", "gzip", first.headers["etag"])
    assert (again.status_code, again.body) == (304, b"")


@pytest.mark.parametrize(
    "path",
    ["../outside.js", "deep/../../outside.js", "/etc/passwd", "", "deep", "notes.secret", "app.mjs.gz", "C:\\x.js"],
)
def test_nothing_else_is_there(static, path):
    with pytest.raises(ImpastoError, match="there is no such file"):
        static.answer(path, "gzip", None)


def test_the_page_is_served(ask):
    answer = ask("GET", "/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert ask("HEAD", "/").status_code == 200
    assert ask("GET", "/static/..%2f..%2foptions.py").status_code == 404


def test_the_model_is_described_and_its_file_is_the_model(server):
    model = server.client.get("/v1/models/default").json()
    assert (model["name"], model["multiple"], model["minimum"], model["code_size"]) == ("default", 32, 64, 128)
    answer = server.client.get(model["files"]["paint.onnx"])
    assert hashlib.sha256(answer.content).hexdigest() == answer.headers["etag"].strip('"')
    assert server.studio.manifest.sha256("paint.onnx") == answer.headers["etag"].strip('"')
    again = server.client.get(model["files"]["paint.onnx"], headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert server.client.get("/v1/models").json()["models"] == [model]


@pytest.mark.parametrize("path", ["/v1/models/other", "/v1/models/default/manifest.json", "/v1/models/default/..%2Fx"])
def test_no_other_model_and_no_other_file(server, path):
    assert server.client.get(path).status_code == 404


def test_the_fields_of_the_description_are_the_options(ask):
    described = ask("GET", "/openapi.json").json()
    body = described["paths"]["/v1/stylize"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    fields = described["components"]["schemas"][body["$ref"].rpartition("/")[2]]["properties"]
    known = {one.name: one for one in describe(LookOptions)}
    assert set(known) - {"preserve_color"} <= set(LOOK_FIELDS) <= set(fields)
    for name in set(LOOK_FIELDS) & set(known):
        told = next(one for one in fields[name]["anyOf"] if one.get("type") != "null")
        assert told.get("minimum") == known[name].at_least
        assert told.get("maximum") == known[name].at_most
        assert tuple(told.get("enum", ())) == known[name].choices
        assert fields[name]["description"].startswith(known[name].doc)


def test_every_operation_describes_its_errors(ask):
    for operations in ask("GET", "/openapi.json").json()["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
            for status, answer in operation["responses"].items():
                if status.startswith(("4", "5")) and status != "416":
                    schema = answer["content"]["application/json"]["schema"]
                    assert schema["$ref"].endswith("ErrorAnswer")


def test_the_docs_load_nothing_from_another_host(ask):
    page = ask("GET", "/docs").text
    addresses = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert "/v1/stylize" in page
    assert "<script" not in page
    assert addresses == ["docs/style.css", "openapi.json"]
    assert ask("GET", "/docs/style.css").text == STYLE


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/v2", 404), ("PUT", "/v1/styles", 405), ("GET", "/v1/stylize", 405)]
)
def test_other_addresses_and_methods(ask, method, path, status):
    answer = ask(method, path)
    assert answer.status_code == status
    assert "/docs" in answer.json()["error"]


@pytest.mark.parametrize("path", ["/", "/healthz", "/v1/styles", "/v1/styles/dusk/code", "/docs", "/v1/jobs", "/v1/no"])
def test_head_wherever_get_is(ask, path):
    whole, head = ask("GET", path), ask("HEAD", path)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    assert head.headers == whole.headers


def test_no_head_where_no_get_is(ask):
    assert ask("HEAD", "/v1/stylize").status_code == 405


def test_metrics_count_by_route(server, photo_file):
    server.client.post("/v1/stylize", data={"style": "udnie"}, files={"content": photo_file})
    server.client.get("/v1/styles/udnie/code")
    text = server.client.get("/metrics").text
    assert 'impasto_requests_total{method="GET",route="/v1/styles/{name}/code",status="200"}' in text
    assert "impasto_painters_ready 1.0" in text
    assert 'impasto_paint_seconds_count{what="picture"}' in text
    assert server.client.get("/healthz").json() == {"status": "alive"}
    assert server.client.get("/readyz").json() == {"status": "ready"}
