"""Every error as a problem document (RFC 9457): what is wrong, where, and what to do. Never a stack trace."""

import logging
import re
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from msgspec import Struct

from guibin_tenants.keyring import KeyringError
from guibin_tenants.refusals import FieldError, Refusal, TooManyRequests

Incoming = Request[Any, Any, Any]
PROBLEM = "application/problem+json"
_log = logging.getLogger("guibin.app")
_AT_FIELD = re.compile(r"(?P<rule>.*?) - at `\$\.?(?P<field>[^`]*)`$")


class Problem(Struct, frozen=True, omit_defaults=True):
    """The document. `type` is stable: programs branch on it, people read the rest."""

    type: str
    title: str
    status: int
    detail: str = ""
    errors: tuple[FieldError, ...] = ()


def of_refusal(refusal: Refusal) -> Problem:
    """The problem a refusal becomes."""
    return Problem(f"/problems/{refusal.kind}", refusal.title, int(refusal.status), refusal.detail, refusal.fields)


def answer(problem: Problem, headers: dict[str, str] | None = None) -> Response[bytes]:
    """The problem as a response."""
    return Response(
        msgspec.json.encode(problem),
        status_code=problem.status,
        media_type=PROBLEM,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def refused(_: Incoming, refusal: Refusal) -> Response[bytes]:
    """A refusal, as its class says."""
    headers = {"Retry-After": str(refusal.retry_after)} if isinstance(refusal, TooManyRequests) else None
    return answer(of_refusal(refusal), headers)


def http_error(_: Incoming, error: HTTPException) -> Response[bytes]:
    """What the framework itself refuses: unknown paths, methods, sizes, bodies."""
    fields: tuple[FieldError, ...] = ()
    status = HTTPStatus(error.status_code)
    if isinstance(error, ValidationException):
        fields = tuple(_field(item) for item in error.extra or () if isinstance(item, dict))
        fields = fields or (_of_text(error.detail),)
    elif status == HTTPStatus.BAD_REQUEST:
        fields = (_of_text(error.detail),)
    kind = status.phrase.lower().replace(" ", "-")
    detail = error.detail if status < HTTPStatus.INTERNAL_SERVER_ERROR else ""
    if fields:
        kind, detail = "invalid", "Some fields are not valid"
    return answer(Problem(f"/problems/{kind}", status.phrase, int(status), detail, fields), error.headers)


def unexpected(request: Incoming, error: Exception) -> Response[bytes]:
    """A fault of ours: logged with its kind and place, told without details."""
    if isinstance(error, HTTPException):
        return http_error(request, error)
    _log.error("%s %s failed", request.method, request.scope.get("path_template", "?"), exc_info=error)
    return answer(Problem("/problems/internal", "Internal error", 500, "It was logged; nothing was written"))


def keyring_error(_: Incoming, error: KeyringError) -> Response[bytes]:
    """A sealed value does not open: erased, moved or damaged. Nothing is shown."""
    _log.error("keyring: %s", error)
    return answer(Problem("/problems/sealed", "A sealed value cannot be opened", 503, "Nothing was shown"))


def _field(item: dict[str, object]) -> FieldError:
    key = str(item.get("key", ""))
    # The framework calls the body after the handler's argument.
    return FieldError("body" if key in ("", "data") else key, str(item.get("message", "")))


def _of_text(detail: str) -> FieldError:
    match = _AT_FIELD.match(detail)
    if match:
        return FieldError(match["field"] or "body", match["rule"])
    return FieldError("body", detail, "send JSON as the OpenAPI document describes it")
