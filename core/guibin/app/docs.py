"""`/api/docs`: the API for people, as one plain page that needs no network and no script."""

from html import escape
from typing import Any

from litestar import Request
from litestar.openapi.plugins import OpenAPIRenderPlugin

from .document import document_of

_STYLE_URL = "/api/docs/style.css"
STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 15px/1.55 system-ui, "Noto Sans SC", sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
nav a { margin-right: .8rem; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .4rem 0; padding: .45rem .8rem; }
summary { cursor: pointer; } code { font: 13px ui-monospace, monospace; }
b.method { display: inline-block; width: 4.2rem; font: 600 12px ui-monospace, monospace; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .2rem .5rem; vertical-align: top; }
tr:nth-child(even) { background: var(--soft); }
"""


class OfflineDocs(OpenAPIRenderPlugin):
    """Renders the OpenAPI document as HTML."""

    def __init__(self) -> None:
        super().__init__(path="/")
        self._page = b""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        self._page = self._page or _page(document_of(request.app))
        return self._page


def _page(openapi_schema: dict[str, Any]) -> bytes:
    groups: dict[str, list[str]] = {}
    for path, operations in sorted(openapi_schema.get("paths", {}).items()):
        for method, operation in operations.items():
            if isinstance(operation, dict) and "responses" in operation:
                tag = (operation.get("tags") or ["other"])[0]
                groups.setdefault(tag, []).append(_operation(path, method, operation))
    schemas = openapi_schema.get("components", {}).get("schemas", {})
    links = "".join(f'<a href="#{escape(tag)}">{escape(tag)}</a>' for tag in [*groups, "schemas"])
    sections = "".join(f'<h2 id="{escape(tag)}">{escape(tag)}</h2>{"".join(items)}' for tag, items in groups.items())
    shapes = "".join(_schema(name, schema) for name, schema in sorted(schemas.items()))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Guibin API</title>'
        f'<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="{_STYLE_URL}">'
        "<h1>Guibin API 贵宾接口</h1><p>Send <code>Authorization: Bearer gb_live_…</code>. "
        'The machine-readable document is <a href="/api/v1/openapi.json">openapi.json</a>.</p>'
        f'<nav>{links}</nav>{sections}<h2 id="schemas">schemas</h2>{shapes}</html>'
    ).encode()


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(p['name'])}</code></td><td>{escape(p['in'])}</td>"
        f"<td>{_type(p.get('schema', {}))}</td><td>{escape(p.get('description') or '')}</td></tr>"
        for p in operation.get("parameters") or ()
    )
    body = _content(operation.get("requestBody") or {})
    answers = "".join(
        f"<tr><td>{escape(code)}</td><td>{escape(response.get('description') or '')}</td><td>{_content(response)}</td></tr>"
        for code, response in (operation.get("responses") or {}).items()
    )
    return (
        f'<details><summary><b class="method">{method.upper()}</b> <code>{escape(path)}</code> '
        f"{escape(operation.get('summary') or '')}</summary>"
        f"{f'<table>{rows}</table>' if rows else ''}{f'<p>Body: {body}</p>' if body else ''}"
        f"<table>{answers}</table></details>"
    )


def _schema(name: str, schema: dict[str, Any]) -> str:
    required = set(schema.get("required") or ())
    rows = "".join(
        f"<tr><td><code>{escape(field)}</code>{'' if field in required else ' (optional)'}</td>"
        f"<td>{_type(shape)}</td></tr>"
        for field, shape in (schema.get("properties") or {}).items()
    )
    return (
        f'<details id="schema-{escape(name)}"><summary><code>{escape(name)}</code></summary>'
        f"<p>{escape(schema.get('description') or '')}</p><table>{rows}</table></details>"
    )


def _content(holder: dict[str, Any]) -> str:
    return ", ".join(_type(media.get("schema", {})) for media in (holder.get("content") or {}).values())


def _type(shape: dict[str, Any]) -> str:
    """The type as HTML; a schema by name leads to it."""
    if "$ref" in shape:
        name = escape(str(shape["$ref"]).rsplit("/", 1)[-1])
        return f'<a href="#schema-{name}">{name}</a>'
    if "prefixItems" in shape:
        return f"[{', '.join(map(_type, shape['prefixItems']))}]"
    if "items" in shape:
        return f"{_type(shape['items'])}[]"
    for union in ("oneOf", "anyOf"):
        if union in shape:
            return " or ".join(_type(option) for option in shape[union])
    if "enum" in shape:
        return escape(" or ".join(map(str, shape["enum"])))
    return escape(str(shape.get("format") or shape.get("type") or "any"))
