"""The root of every refusal: a fact that stops a request, told to its reader as a problem document."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import ClassVar, Self

from msgspec import Struct

# Before each word of a name but the first.
_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")
# Where the first sentence ends, and the clause that may stand before its end.
_END = re.compile(r"(?: \((?:S\d|decision )[^)]*\))?\.(?:\s|$)")


class FieldError(Struct, frozen=True, omit_defaults=True):
    """One invalid field: where it is, what was given, which rule it breaks and what to do."""

    field: str
    rule: str
    fix: str = ""
    value: str | None = None


class Refusal(Exception):
    """Something is the case that forbids what was asked.

    `kind` is the stable last part of the problem's `type`, by default the words of the class's name; `title` what is the
    case, by default the first sentence of the class's docstring; `status` the HTTP status; `fields` the invalid fields; `retry_after` in how many seconds it is worth asking again, where that is known.
    """

    kind: ClassVar[str] = "refused"
    status: ClassVar[HTTPStatus] = HTTPStatus.UNPROCESSABLE_ENTITY
    title: ClassVar[str] = "Refused"
    retry_after: int | None = None

    def __init_subclass__(cls) -> None:
        if "kind" not in vars(cls):
            cls.kind = _CAPITAL.sub("-", cls.__name__).lower()
        if "title" not in vars(cls) and cls.__doc__:
            cls.title = " ".join(_END.split(cls.__doc__, 1)[0].split())

    def __init__(self, detail: str = "", *, fields: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.fields = fields

    @classmethod
    def at(cls, field: str, rule: str, fix: str = "", value: str | None = None, *, detail: str = "") -> Self:
        """This refusal because of one field."""
        return cls(detail, fields=(FieldError(field, rule, fix, value),))


class NotFound(Refusal):
    """Not found. No such thing within this tenant; another tenant's id gives exactly the same answer."""

    status = HTTPStatus.NOT_FOUND


class CompanyErased(Refusal):
    """The company was erased. Nothing of it is left, and its code is not given to another company."""

    status = HTTPStatus.GONE


class Forbidden(Refusal):
    """Not allowed. The principal is known, and may not do this."""

    status = HTTPStatus.FORBIDDEN


class Unauthenticated(Refusal):
    """Sign in, or send a valid API key. No credential, or one that is not valid."""

    status = HTTPStatus.UNAUTHORIZED


class Invalid(Refusal):
    """Some fields are not valid."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


def refuse(problems: Iterable[FieldError], detail: str = "") -> None:
    """Raises Invalid with these fields; nothing where there are none."""
    if fields := tuple(problems):
        raise Invalid(detail, fields=fields)


class Conflict(Refusal):
    """Conflicts with what is already recorded."""

    status = HTTPStatus.CONFLICT


class LostRace(Refusal):
    """Changed by somebody else meanwhile: read it again. Since the caller read it (`If-Match`)."""

    status = HTTPStatus.PRECONDITION_FAILED


class Unavailable(Refusal):
    """Temporarily unavailable. Something the answer depends on is down; nothing was shown and nothing was written."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


class Busy(Unavailable):
    """Too busy at the moment. All this process can do at once is being done, perhaps for others; nothing was begun."""

    retry_after = 1


class TooManyRequests(Refusal):
    """Too many requests. The tenant or key has used up its allowance; `retry_after` seconds from now there is some again."""

    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class SessionLocked(Refusal):
    """The session is locked: tell your password again. Nothing was done in it for too long."""

    kind = "session-locked"
    status = HTTPStatus.UNAUTHORIZED


class SecondFactorNeeded(Forbidden):
    """Tell a code of your second factor first. The session was opened with the password alone."""


class SecondFactorMissing(Forbidden):
    """Set up a second factor first. The company asks one of everybody in this role."""


class ConfirmAnew(Forbidden):
    """Tell your password or a code of your second factor again first. This is done only shortly after that was told."""


READ_ONLY = "The company is read-only at the moment: nothing was written; whoever runs the service says until when"


class Frozen(Conflict):
    """The company is read-only: nothing is written, and its jobs wait. Whatever can be looked at still can, and exported."""

    kind = "company-frozen"


class Suspended(Forbidden):
    """This tenant is suspended. Nothing is answered, and its jobs wait."""

    kind = "tenant-suspended"
