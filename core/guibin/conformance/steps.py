"""The steps of a scenario: something is asked of the API, time passes, or something must have come of it."""

from typing import Any

import msgspec
from msgspec import Struct

from guibin.policy.words import Named

METHODS = ("get", "post", "put", "patch", "delete")


class Call(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"body": "with", "name": "as"}):
    """`by` asks the API, at the address below `/api/v1`; the answer is known by `name` from then on.

    It is taken, or `refused` as the kind of problem (a status where none is told apart). Of the answer: it `has` these values; its
    items, or the list it is, are exactly what `lists` says in any order, or `includes` these, or `lacks` them; `count` of them.
    """

    by: Named = "system"
    get: str = ""
    post: str = ""
    put: str = ""
    patch: str = ""
    delete: str = ""
    query: dict[str, Any] = {}
    body: dict[str, Any] = {}
    name: Named = ""
    refused: Named = ""
    has: dict[str, Any] | None = None
    lists: tuple[dict[str, Any], ...] | None = None
    includes: tuple[dict[str, Any], ...] = ()
    lacks: tuple[dict[str, Any], ...] = ()
    count: int | None = None

    @property
    def method(self) -> str:
        """The one that was given."""
        return next(method for method in METHODS if getattr(self, method))

    @property
    def path(self) -> str:
        """The address below `/api/v1`."""
        return str(getattr(self, self.method))


class Mailed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"name": "as"}):
    """A mail of these words arrives from `sender` at the mailbox `into`, handed over at its door; known by `name` from then on."""

    mail: str
    into: Named
    sender: str
    title: str = "来信"
    name: Named = ""
    has: dict[str, Any] | None = None


class Passing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Time passes: `after` so long, such as `4h59m`, or until it is `at`: `15:00`, the next time it comes, or a
    moment such as `2026-03-09 08:00`.
    """

    after: str = ""
    at: str = ""


class Told(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of all who work there exactly `to` have a notice of the kind `told` by now, perhaps only `about` a case or customer.

    `times` says how many notices that are together.
    """

    told: Named
    to: tuple[Named, ...]
    about: Named = ""
    times: int | None = None


class Deadline(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The latest deadline of the name, `of` a case: when it is `due`, whether it was passed (`late`), and its `state`."""

    deadline: Named
    of: Named
    due: str = ""
    state: Named = ""
    late: bool | None = None


class Held(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The customer `of` holds this `tier` of the scheme now; none where it is empty."""

    tier: Named
    of: Named
    scheme: Named


Step = Call | Mailed | Passing | Told | Deadline | Held
_BY_KEY: dict[str, type[Struct]] = {
    **dict.fromkeys(METHODS, Call),
    "mail": Mailed,
    "after": Passing,
    "at": Passing,
    "told": Told,
    "deadline": Deadline,
    "tier": Held,
}


def step_of(said: dict[str, Any]) -> Step:
    """The step. Raises ValueError for what is none, or two."""
    kinds = {key: kind for key, kind in _BY_KEY.items() if key in said}
    if len(kinds) != 1:
        raise ValueError(f"a step has one of {', '.join(_BY_KEY)}, not {', '.join(kinds) or 'none'}: {said}")
    return msgspec.convert(said, next(iter(kinds.values())))  # type: ignore[return-value]  # by its key


def told_in_a_line(step: Step) -> str:
    """The step as whoever reads a failure finds it in the file."""
    said = msgspec.to_builtins(step)
    given = {key: value for key, value in said.items() if value not in ("", None, {}, [], ())}
    return ", ".join(f"{key} = {value!r}" for key, value in given.items())
