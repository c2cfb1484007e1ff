"""Every error as a problem document (RFC 9457): what is wrong, where, and what to do. Never a stack trace."""

import logging
import re
from http import HTTPStatus
from typing import Any

import asyncpg
import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from msgspec.structs import replace

from guibin.console import forms
from guibin.console.looks import Look
from guibin.console.studio import Studio
from guibin.profiles.refusals import ended_archive
from guibin.web.problems import PROBLEM, Problem, of_refusal
from guibin_tenants.keyring import KeyringError
from guibin_tenants.refusals import FieldError, Forbidden, Refusal, Unavailable
from guibin_tenants.scope import NotOnRecord
from guibin_tenants.violations import refusal_of

from .dependencies import spoken, unsaid
from .parameters import parameters_of

Incoming = Request[Any, Any, Any]
_log = logging.getLogger("guibin.app")
# What is said of a request where its fields say the rest.
GENERAL = "Some fields are not valid"
# What the decoder says of a body that ends too early or is none.
_NO_JSON = ("Input data was truncated", "JSON is malformed")
_AT_FIELD = re.compile(r"(?P<rule>.*?) - at `\$\.?(?P<field>[^`]*)`$")


class Internal(Refusal):
    """Internal error. A fault of ours: what it was stands in the log, for whoever operates the service."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR


def answer(problem: Problem, headers: dict[str, str] | None = None) -> Response[bytes]:
    """The problem as a response."""
    return Response(
        msgspec.json.encode(problem),
        status_code=problem.status,
        media_type=PROBLEM,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def refused(request: Incoming, refusal: Refusal) -> Response[bytes]:
    """A refusal, as its class says."""
    headers = {"Retry-After": str(refusal.retry_after)} if refusal.retry_after is not None else None
    return answer(_worded(of_refusal(refusal), request), headers)


def http_error(request: Incoming, error: HTTPException) -> Response[bytes]:
    """What the framework itself refuses: unknown paths, methods, sizes, bodies."""
    fields: tuple[FieldError, ...] = ()
    status = HTTPStatus(error.status_code)
    if isinstance(error, ValidationException):
        extra = [item for item in error.extra or () if isinstance(item, dict)]
        fields = tuple(_field(item, request) for item in extra) or (_of_text(error.detail),)
    elif status == HTTPStatus.BAD_REQUEST:
        fields = (_of_text(error.detail),)
    kind = status.phrase.lower().replace(" ", "-")
    detail = error.detail if status < HTTPStatus.INTERNAL_SERVER_ERROR else ""
    if fields:
        kind, detail = "invalid", GENERAL
    problem = Problem(f"/problems/{kind}", status.phrase, int(status), detail, fields)
    return answer(_worded(problem, request), error.headers)


def unexpected(request: Incoming, error: Exception) -> Response[bytes]:
    """A fault of ours: logged with its kind and place, told without details."""
    if isinstance(error, HTTPException):
        return http_error(request, error)
    _log.error("%s %s failed", request.method, request.scope.get("path_template", "?"), exc_info=error)
    return refused(request, Internal("It was logged; nothing was written"))


def unreadable(request: Incoming, error: Exception) -> Response[bytes]:
    """A body that is not UTF-8, or nested deeper than anything we mean."""
    rule = "text in UTF-8" if isinstance(error, UnicodeError) else "nested less deeply"
    return answer(_worded(_invalid(HTTPStatus.BAD_REQUEST, FieldError("body", rule, "send JSON in UTF-8")), request))


def unstorable(request: Incoming, error: Exception) -> Response[bytes]:
    """A value that fits its type but no column: the character NUL, a moment beyond the calendar, a figure too large.

    PostgreSQL refuses it before anything is written and does not say which it was.
    """
    rule = (
        "no character NUL" if isinstance(error, asyncpg.CharacterNotInRepertoireError) else "figures and dates in range"
    )
    return answer(_worded(_invalid(HTTPStatus.UNPROCESSABLE_ENTITY, FieldError("body or query", rule)), request))


def violated(request: Incoming, error: asyncpg.PostgresError) -> Response[bytes]:
    """PostgreSQL refused it because of what somebody else wrote."""
    return refused(request, violation(error))


def violation(error: asyncpg.PostgresError) -> Refusal:
    """The refusal for an error of VIOLATIONS, logged by its kind and the constraint."""
    _log.info("database: %s of %s", type(error).__name__, error.constraint_name)
    return refusal_of(error)


def database_refused(request: Incoming, error: asyncpg.PostgresError) -> Response[bytes]:
    """What PostgreSQL itself lets nobody write."""
    refusal = ended_archive(error)
    return unexpected(request, error) if refusal is None else refused(request, refusal)


def behind_a_wall(request: Incoming, error: Exception) -> Response[bytes]:
    """A row that would have been written beyond the org units in sight. What is there is not said.

    PostgreSQL refuses it; a privilege that the application lacks is a fault of ours.
    """
    if "row-level security" not in str(error):
        return unexpected(request, error)
    return refused(request, Forbidden("That is not among the org units you see, or holds for the whole company"))


def unreachable(request: Incoming, error: Exception) -> Response[bytes]:
    """PostgreSQL is away, or went away under the request: the same may be asked again later."""
    return refused(request, unreachable_database(error))


def unreachable_database(error: Exception) -> Unavailable:
    """The refusal for an error of UNREACHABLE, logged by its kind."""
    _log.error("database: %s", type(error).__name__)
    refusal = Unavailable("The database cannot be reached; nothing was written")
    refusal.retry_after = 1
    return refusal


def not_on_record(error: NotOnRecord) -> Internal:
    """The refusal for a look that left no record, logged with whose files they were."""
    _log.error("sealed values were %s", error)
    return Internal("It was logged; nothing was shown and nothing was written")


def keyring_error(request: Incoming, error: KeyringError) -> Response[bytes]:
    """A sealed value does not open: erased, moved or damaged. Nothing is shown."""
    _log.error("keyring: %s", error)
    return answer(
        _worded(Problem("/problems/sealed", "A sealed value cannot be opened", 503, "Nothing was shown"), request)
    )


def _invalid(status: HTTPStatus, field: FieldError) -> Problem:
    return Problem("/problems/invalid", status.phrase, int(status), "Some fields are not valid", (field,))


def _field(item: dict[str, object], request: Incoming) -> FieldError:
    key, rule = str(item.get("key", "")), str(item.get("message", ""))
    outside = parameters_of(request.scope.get("route_handler")).outside
    return FieldError("body" if key in ("", "data") else outside.get(key, key), rule)


def is_told_in_chinese(request: Incoming) -> bool:
    """Whether whoever asks is answered in Chinese."""
    return (spoken(request) or unsaid(request)) == "zh-CN"


def in_words(problem: Problem, request: Incoming, studio: Studio) -> Problem:
    """For whoever asks the API in Chinese; pages have their own words."""
    if not request.url.path.startswith("/api/") or not is_told_in_chinese(request):
        return problem
    look = Look(language="zh-CN")
    errors = tuple(
        replace(each, rule=forms.rule(each.rule, studio, look), fix=each.fix and forms.rule(each.fix, studio, look))
        for each in problem.errors
    )
    title = forms.told(replace(problem, detail=""), studio, look)
    if problem.detail in ("", problem.title, GENERAL):
        return replace(problem, title=title, detail=title, errors=errors)
    own_words = problem.detail if problem.type.endswith(f"/{forms.OWN_WORDS}") else ""
    detail = own_words or forms.detailed(problem.detail, studio)
    # What a pack says itself is in words of its own.
    said = studio.says("error.with_detail", look, said=title, detail=detail) if detail else problem.detail
    return replace(problem, title=title, detail=said, errors=errors)


def _worded(problem: Problem, request: Incoming) -> Problem:
    return in_words(problem, request, request.app.state.studio)


def _of_text(detail: str) -> FieldError:
    match = _AT_FIELD.match(detail)
    if match:
        return FieldError(match["field"] or "body", match["rule"])
    rule = "whole JSON" if detail.startswith(_NO_JSON) else detail
    return FieldError("body", rule, "send JSON as the OpenAPI document describes it")
