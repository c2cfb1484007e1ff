"""An action as an address: what a request brings are the action's own parameters, under their own names.

In a controller, `hand_over = posts("/{complaint_id:uuid}/hand-overs", actions.hand_over, "Give the work on")`: the path
gives `complaint_id`, the body is the parameter `new`, what the action takes as `filters` or `asked` is read from the query,
field by field, and the request's dependencies give the rest (`act`). An action that returns the id of what it made answers
with `Created`. What a caller `needs` is, unless said, the module's `READ` where something is shown and its `WRITE` elsewhere.
"""

import inspect
import sys
from collections.abc import Awaitable, Callable
from typing import Any, get_type_hints
from uuid import UUID

from litestar import delete, get, patch, post, put
from msgspec import Struct

from .listing import from_query

Action = Callable[..., Awaitable[Any]]
# What the framework calls a request's body, and what actions call it.
_FRAMEWORKS, _OURS = "data", "new"


class Created(Struct, frozen=True):
    """What was added."""

    id: UUID


# The kind of an answer that is a file of any kind: the file's own.
AS_IT_IS = "*/*"
# The option of a handler that names the refusals it has beside those of its kind: `{ALSO: (HTTPStatus.GONE,)}`.
ALSO = "also"
# What of an action comes from the query.
_QUERIES = ("filters", "asked")


class Address:
    """An action that becomes a handler of the controller it is assigned in, under the name it is assigned to."""

    def __init__(self, verb: Callable[..., Any], path: str, action: Action, options: dict[str, Any]) -> None:
        self.verb, self.path, self.action, self.options = verb, path, action, options

    def __set_name__(self, owner: type, name: str) -> None:
        options = self.options
        if "needs" not in options:
            options["needs"] = getattr(sys.modules[owner.__module__], "READ" if self.verb is get else "WRITE")
        hints = get_type_hints(self.action, include_extras=True)
        asked = {each: from_query(hints[each]) for each in _QUERIES if each in hints}
        if asked:
            options["dependencies"] = asked
        setattr(owner, name, self.verb(self.path, **options)(_handler(self.action, name, hints)))


def gets(path: str, action: Action, summary: str, **options: Any) -> Address:
    """GET answers with what the action returns."""
    return Address(get, path, action, options | {"summary": summary})


def posts(path: str, action: Action, summary: str, **options: Any) -> Address:
    """POST does the action."""
    return Address(post, path, action, options | {"summary": summary})


def puts(path: str, action: Action, summary: str, **options: Any) -> Address:
    """PUT does the action."""
    return Address(put, path, action, options | {"summary": summary})


def patches(path: str, action: Action, summary: str, **options: Any) -> Address:
    """PATCH does the action."""
    return Address(patch, path, action, options | {"summary": summary})


def deletes(path: str, action: Action, summary: str, **options: Any) -> Address:
    """DELETE does the action."""
    return Address(delete, path, action, options | {"summary": summary})


def _handler(action: Action, name: str, hints: dict[str, Any]) -> Callable[..., Awaitable[Any]]:
    """A method that calls the action; to the framework it looks like the action itself."""
    makes = hints["return"] is UUID

    async def handler(_controller: object, **given: Any) -> Any:
        if _FRAMEWORKS in given:
            given[_OURS] = given.pop(_FRAMEWORKS)
        result = await action(**given)
        return Created(result) if makes else result

    signature = inspect.signature(action)
    itself = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    shown = [
        parameter.replace(name=_shown(parameter.name), kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in signature.parameters.values()
    ]
    handler.__signature__ = signature.replace(parameters=[itself, *shown])  # type: ignore[attr-defined]  # what inspect reads
    handler.__annotations__ = {_shown(given): hint for given, hint in hints.items()} | (
        {"return": Created} if makes else {}
    )
    handler.__name__, handler.__module__, handler.__doc__ = name, action.__module__, action.__doc__
    return handler


def _shown(name: str) -> str:
    return _FRAMEWORKS if name == _OURS else name
