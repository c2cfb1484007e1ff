"""What an address takes in its query: a misspelt name is refused, by name, and never passed over."""

import re
from collections.abc import Hashable, Iterable, Iterator
from datetime import date, datetime
from difflib import get_close_matches
from http import HTTPStatus
from typing import Any, get_args
from uuid import UUID

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler
from litestar.routes import HTTPRoute
from msgspec import Struct
from msgspec.structs import replace

from guibin.sealing.values import NO_NUMBER, names_somebody
from guibin.web.conversion import faults
from guibin_tenants.refusals import FieldError, Invalid

# Addresses that customers open by link are none of these: whoever passes a link on adds words of their own to it.
_STRICT = "/api/v1/"
_KEY = "parameters"
_SHOWN_CHARS_MAX = 60
# What we made ourselves.
_OPAQUE = frozenset({"cursor"})
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})")


class WrongQuery(Invalid):
    """Some fields are not valid. The query itself is wrong: it asks for something else than its writer meant."""

    kind = "invalid"
    status = HTTPStatus.BAD_REQUEST


class Parameters(Struct, frozen=True):
    """What a handler takes: the query's names, which of them it cannot do without, which may come more than once, how
    each of its arguments is called outside, which are moments, or anything else that is no text, and what each may be.
    """

    query: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    several: frozenset[str] = frozenset()
    outside: dict[str, str] = {}
    moments: frozenset[str] = frozenset()
    no_text: frozenset[str] = frozenset()
    kinds: dict[str, Any] = {}


def note_parameters(app: Litestar) -> None:
    """Note for each handler what it takes, as the framework found out: its own arguments' and its dependencies'."""
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler, known in route.route_handler_map.values():
            query = known.expected_query_params
            everything = (*query, *known.expected_header_params, *known.expected_path_params)
            handler.opt[_KEY] = Parameters(
                frozenset(one.field_alias for one in query),
                frozenset(one.field_alias for one in query if one.is_required),
                frozenset(known.sequence_query_parameter_names),
                {one.field_name: one.field_alias for one in everything},
                _of_kind(handler, query, (datetime,)),
                _of_kind(handler, query, (datetime, date, UUID, int, bool)),
                {one.field_alias: kind for one in query if (kind := _bounded(handler).get(one.field_name)) is not None},
            )


def _of_kind(handler: BaseRouteHandler, query: Iterable[Any], kinds: tuple[type, ...]) -> frozenset[str]:
    known = arguments_of(handler)
    types = {one.field_alias: known[one.field_name] for one in query if one.field_name in known}
    return frozenset(name for name, kind in types.items() if _within(kind) & set(kinds))


def _bounded(handler: BaseRouteHandler) -> dict[str, Any]:
    """The kind of each argument as the framework converts it, with its bounds."""
    models = [each.signature_model for each in handler.resolve_dependencies().values()]
    return {name: kind for model in (*models, handler.signature_model) for name, kind in model.__annotations__.items()}


def _within(kind: Any) -> set[Any]:
    """The kind and whatever it is made of: of `Annotated[datetime, …] | None` the moment, too."""
    return {each for part in get_args(kind) if isinstance(part, Hashable) for each in _within(part)} | {kind}


def arguments_of(handler: BaseRouteHandler) -> dict[str, Any]:
    """The kind of each argument of the handler and of whatever is handed to it."""
    provided = handler.resolve_dependencies()
    named = handler.parsed_fn_signature.parameters
    found: dict[str, Any] = {}
    for name in named.keys() & provided.keys():
        found |= {key: each.annotation for key, each in provided[name].parsed_fn_signature.parameters.items()}
    return found | {key: each.annotation for key, each in named.items()}


def parameters_of(handler: BaseRouteHandler | None) -> Parameters:
    """What the handler takes; nothing where it is none of ours."""
    found = handler.opt.get(_KEY) if handler is not None else None
    return found if isinstance(found, Parameters) else Parameters()


async def query_guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Raises WrongQuery for names that the address does not take, names given twice, and those it cannot do without."""
    if not connection.scope["path"].startswith(_STRICT):
        return
    taken = parameters_of(handler)
    given = [name for name, _ in connection.query_params.multi_items()]
    problems = (*_unknown(given, taken), *_twice(given, taken), *_missing(given, taken), *_misread(connection, taken))
    told = {problem.field for problem in problems}
    if problems := (*problems, *(each for each in _unfit(connection, taken) if each.field not in told)):
        # Of a value that fits, a rule says where else it belongs.
        fits = all(each.rule == NO_NUMBER for each in problems)
        raise (Invalid if fits else WrongQuery)(fields=problems)


def _unknown(given: list[str], taken: Parameters) -> Iterator[FieldError]:
    every = f"this address takes {', '.join(sorted(taken.query))}" if taken.query else "this address takes none"
    for name in dict.fromkeys(given):
        if name not in taken.query:
            near = get_close_matches(name.lower(), taken.query, n=1)
            fix = f"did you mean {near[0]}? {every}" if near else every
            yield FieldError(name[:_SHOWN_CHARS_MAX], "a query parameter of this address", fix)


def _twice(given: list[str], taken: Parameters) -> Iterator[FieldError]:
    for name in sorted(taken.query - taken.several):
        if given.count(name) > 1:
            yield FieldError(name, "given once", "leave all but one out")


def _missing(given: list[str], taken: Parameters) -> Iterator[FieldError]:
    for name in sorted(taken.required - set(given)):
        yield FieldError(name, "required in the query of this address", f"add {name}=…")


def _misread(connection: ASGIConnection[Any, Any, Any, Any], taken: Parameters) -> Iterator[FieldError]:
    """Values that the framework would read as something else, null as nothing, a number as a moment of 1970; and those by
    which one person is known."""
    for name, value in connection.query_params.multi_items():
        if name in taken.no_text and value.lower() == "null":
            yield FieldError(name, "a value", "leave the parameter out to ask for all", value)
        elif name in taken.moments and not _MOMENT.fullmatch(value):
            rule = "a moment with its offset, such as 2026-03-01T08:00:00Z or …+08:00 (+ is written %2B in an address)"
            yield FieldError(name, rule, value=value[:_SHOWN_CHARS_MAX])
        elif name in taken.query - taken.no_text - _OPAQUE and names_somebody(value):
            yield FieldError(name, NO_NUMBER, "POST it to /api/v1/customers/searches or /api/v1/cards/searches")


def _unfit(connection: ASGIConnection[Any, Any, Any, Any], taken: Parameters) -> Iterator[FieldError]:
    """Values that are none of what the address takes."""
    for name in taken.kinds.keys() & connection.query_params.keys():
        given = connection.query_params.getall(name)
        for fault in faults(given if name in taken.several else given[-1], taken.kinds[name], strict=False):
            yield replace(fault, field=f"{name}{fault.field}")
