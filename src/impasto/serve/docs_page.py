"""``/docs``: the API's description as one plain page, which needs no script and no other host."""

from __future__ import annotations

from html import escape
from typing import Any

from fastapi import APIRouter, Request, Response

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 3rem; font-size: 1.1rem; border-top: 1px solid #8886; padding-top: 1rem; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem 1rem .3rem 0; border-bottom: 1px solid #8883; }
.method { font-weight: 700; margin-right: .6rem; }
"""


@router.get("/docs/style.css")
async def style() -> Response:
    """The page's looks, apart from it, as the policy wants."""
    return Response(STYLE, media_type="text/css", headers={"Cache-Control": "private, max-age=3600"})


@router.get("/docs")
async def docs(request: Request) -> Response:
    """Every address with its fields and answers."""
    return Response(_page(request.app.openapi()), media_type="text/html; charset=utf-8")


def _page(described: dict[str, Any]) -> str:
    schemas = described.get("components", {}).get("schemas", {})
    parts = [
        _operation(path, method, operation, schemas)
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    ]
    about = "".join(f"<p>{escape(part)}</p>" for part in described["info"]["description"].split("\n\n"))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Impasto: the API</title>'
        '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="docs/style.css"></head>'
        f"<body><main><h1>Impasto: the API</h1>{about}"
        '<p>For programs: <a href="openapi.json">openapi.json</a>. '
        "The camera: a WebSocket at <code>/v1/live</code>.</p>"
        f"{''.join(parts)}</main></body></html>"
    )


def _operation(path: str, method: str, operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    fields = [
        (one["name"], one["in"], one.get("required", False), one.get("schema", {}), one.get("description", ""))
        for one in operation.get("parameters", [])
    ]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        form = _resolved(content["schema"], schemas)
        required = form.get("required", [])
        fields += [
            (name, "form", name in required, schema, schema.get("description", ""))
            for name, schema in form.get("properties", {}).items()
        ]
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code>{' *' if needed else ''}</td><td>{escape(_kind(schema))}</td>"
        f"<td>{escape(text)}</td></tr>"
        for name, _, needed, schema, text in fields
    )
    table = f"<table><tr><th>Field</th><th>Values</th><th>Meaning</th></tr>{rows}</table>" if rows else ""
    answers = ", ".join(f"{status} {one.get('description', '')}" for status, one in operation["responses"].items())
    return (
        f'<h2><span class="method">{escape(method.upper())}</span><code>{escape(path)}</code></h2>'
        f"<p>{escape(operation.get('summary', ''))}. {escape(operation.get('description', ''))}</p>{table}"
        f"<p>Answers: {escape(answers)}.</p>"
    )


def _resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return found


def _kind(schema: dict[str, Any]) -> str:
    kinds = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    return " or ".join(_one_kind(one) for one in kinds)


def _one_kind(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"any number of: {_one_kind(schema.get('items', {}))}"
    if "contentMediaType" in schema or schema.get("format") == "binary":
        return "file"
    bounds = [f"{schema[key]:g}" if key in schema else "" for key in ("minimum", "maximum")]
    return f"{schema.get('type', '')} {' to '.join(bounds) if any(bounds) else ''}".strip()
