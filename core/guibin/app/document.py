"""The OpenAPI document: what every address takes, and every answer it may give.

Bodies and answers are described by msgspec, which also reads and writes them; parameters by the framework.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from http import HTTPStatus
from typing import Any, get_args, get_origin

import msgspec
from litestar import Litestar, Response
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.serialization import decode_json, encode_json

from guibin.files.api import TAKES_FILE
from guibin.web.problems import PROBLEM, Problem
from guibin.web.routing import ALSO

from .document_moments import mark_moments, structs_in
from .guards import PUBLIC
from .versions import subject_of

# What each status means here, for whoever writes against the API.
MEANINGS = {
    HTTPStatus.BAD_REQUEST: "A parameter or the body is not as described: `errors` names each field.",
    HTTPStatus.UNAUTHORIZED: "No credential, or one that is not valid (any more).",
    HTTPStatus.FORBIDDEN: "The credential lacks a permission, or what it asks for needs the whole company.",
    HTTPStatus.NOT_FOUND: "It does not exist, or not for this caller.",
    HTTPStatus.REQUEST_TIMEOUT: "The body did not arrive in time.",
    HTTPStatus.CONFLICT: "The state of things does not allow it, such as an archive that has ended, or a name or number is taken.",
    HTTPStatus.GONE: "It is no more, as a file that was destroyed or a company that was erased; or it had its effect before, and what was answered then may not be shown again.",
    HTTPStatus.PRECONDITION_FAILED: "Somebody changed it since: read it again.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is larger than the service takes.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is of another kind than the address takes, or not said to be of it.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "A rule of the company's policy refuses it: `errors` names each field, the rule and what to do.",
    HTTPStatus.TOO_MANY_REQUESTS: "The allowance is used up: `Retry-After` says for how many seconds.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The service is busy or a part of it away; nothing was written: ask again later.",
}
ALWAYS = (HTTPStatus.BAD_REQUEST, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
OF_CALLERS = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.GONE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
OF_BODIES = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
OF_CHANGES = (HTTPStatus.CONFLICT,)
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "schema": {"type": "string"},
    "description": "The ETag you changed.",
    "required": False,
    "deprecated": False,
}
_REFERENCE = "#/components/schemas/{name}"
_BASE64 = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


@lru_cache(maxsize=4)
def document_of(app: Litestar) -> dict[str, Any]:
    """The document as plain JSON, made once for an application."""
    made: dict[str, Any] = decode_json(encode_json(app.openapi_schema.to_schema()))
    handlers = list(_handlers(app))
    types = {
        kind for _, _, handler in handlers for kind in (_body_of(handler), _answer_of(handler)) if kind is not None
    }
    structs = structs_in(types)
    ordered = [*dict.fromkeys([*sorted(types, key=str), Problem, *structs])]
    schemas, components = msgspec.json.schema_components(ordered, ref_template=_REFERENCE)
    schema_of = dict(zip(ordered, schemas, strict=True))
    for kind, struct in structs.items():
        mark_moments(components[schema_of[kind]["$ref"].rpartition("/")[2]], struct)
    for path, method, handler in handlers:
        _describe(made["paths"][path][method], handler, schema_of)
    names = {name: _short(name) for name in components}
    # What makes a client of the document calls its classes by their titles.
    made["components"]["schemas"] = {name: schema | {"title": names[name]} for name, schema in components.items()}
    mended: dict[str, Any] = _mended(made, names)
    return mended


def _handlers(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                if method not in ("OPTIONS", "HEAD") and handler.resolve_include_in_schema():
                    yield route.path_format, method.lower(), handler


def _body_of(handler: HTTPRouteHandler) -> Any:
    field = handler.parsed_data_field
    return field.annotation if field is not None else None


def _answer_of(handler: HTTPRouteHandler) -> Any:
    """What an address answers with: as it declares it, where the bytes are written by hand, else what its function gives back."""
    declared = (handler.responses or {}).get(handler.status_code)
    kind = declared.data_container if declared else handler.parsed_return_field.annotation
    if (get_origin(kind) or kind) is Response:
        kind = next(iter(get_args(kind)), None)
    return None if kind in (None, type(None), bytes, str) else kind


def _describe(operation: dict[str, Any], handler: HTTPRouteHandler, schema_of: dict[Any, Any]) -> None:
    if (body := _body_of(handler)) is not None:
        operation["requestBody"]["content"] = {"application/json": {"schema": schema_of[body]}}
    success = operation["responses"][str(handler.status_code)]
    if handler.status_code == HTTPStatus.NO_CONTENT:
        success.pop("content", None)
    elif (answer := _answer_of(handler)) is not None:
        success["content"] = {(handler.media_type or "application/json"): {"schema": schema_of[answer]}}
    if subject_of(handler) is not None:
        operation.setdefault("parameters", []).append(dict(_IF_MATCH))
    problem = {PROBLEM: {"schema": schema_of[Problem]}}
    for status in sorted(refusals_of(handler)):
        operation["responses"][str(int(status))] = {"description": MEANINGS[status], "content": problem}
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = _given(parameter["schema"])
    needs = handler.opt.get("needs")
    if needs == PUBLIC:
        operation["security"] = []
    elif needs is not None:
        # What is put together says itself in brackets.
        said = f"Needs {needs.says[1:-1] if needs.says.startswith('(') else needs.says}."
        operation["description"] = f"{operation['description']}\n\n{said}" if operation.get("description") else said


def _given(schema: dict[str, Any]) -> dict[str, Any]:
    """What may stand in an address: a parameter is left out or given, never null."""
    options = [each for each in schema.get("oneOf", ()) if each != {"type": "null"}]
    rest = {key: each for key, each in schema.items() if key != "oneOf"}
    return schema if not options else rest | (options[0] if len(options) == 1 else {"oneOf": options})


def refusals_of(handler: HTTPRouteHandler) -> frozenset[HTTPStatus]:
    """Every status but success that the address may answer."""
    found = {*ALWAYS}
    reads_only = bool(handler.http_methods & {"GET"})
    if handler.opt.get("needs") != PUBLIC or not reads_only:
        found |= {*OF_CALLERS}
    if _body_of(handler) is not None or handler.opt.get(TAKES_FILE):
        found |= {*OF_BODIES}
    if not reads_only:
        found |= {*OF_CHANGES}
    if subject_of(handler) is not None:
        found.add(HTTPStatus.PRECONDITION_FAILED)
    return frozenset(found | {*handler.opt.get(ALSO, ())})


def _short(name: str) -> str:
    """A schema's name; of two with one name each by its room as well: `ComplaintsNewWithdrawal`."""
    parts = _UNFIT.sub("_", name).removeprefix("guibin.").split(".")
    room = "" if parts[0] == parts[-1] else "".join(word.capitalize() for word in parts[0].split("_"))
    return room + parts[-1].rstrip("_")


def _mended(value: Any, names: dict[str, str], under: str = "") -> Any:
    if isinstance(value, dict):
        if value.get("contentEncoding") == "base64":
            value = value | {"pattern": _BASE64}
        if value.get("items") is False:
            # `maxItems` says it already, and what makes clients takes no schema that is a word.
            value = {key: each for key, each in value.items() if key != "items"}
        if isinstance(value.get("default"), dict) and "type" not in value:
            # Nor an object that stands for one left out.
            value = {key: each for key, each in value.items() if key != "default"}
        if "$ref" in value:
            return {"$ref": _REFERENCE.format(name=names[value["$ref"].rpartition("/")[2]])}
        return {names.get(key, key): _mended(each, names, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_mended(each, names) for each in value]
    # As readers of the document write the end of a text: `$`, which there is no line's end.
    return value.replace(r"\Z", "$") if under == "pattern" and isinstance(value, str) else value
