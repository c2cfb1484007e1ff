"""The root of every refusal: a fact that stops a request, told to its reader as a problem document."""

from http import HTTPStatus
from typing import ClassVar

from msgspec import Struct


class FieldError(Struct, frozen=True, omit_defaults=True):
    """One invalid field: where it is, what was given, which rule it breaks and what to do."""

    field: str
    rule: str
    fix: str = ""
    value: str | None = None


class Refusal(Exception):
    """Something is the case that forbids what was asked.

    `kind` is the stable last part of the problem's `type`; `status` the HTTP status; `fields` the invalid fields;
    `retry_after` in how many seconds it is worth asking again, where that is known.
    """

    kind: ClassVar[str] = "refused"
    status: ClassVar[HTTPStatus] = HTTPStatus.UNPROCESSABLE_ENTITY
    title: ClassVar[str] = "Refused"
    retry_after: int | None = None

    def __init__(self, detail: str = "", *, fields: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.fields = fields


class NotFound(Refusal):
    """No such thing within this tenant; another tenant's id gives exactly the same answer."""

    kind = "not-found"
    status = HTTPStatus.NOT_FOUND
    title = "Not found"


class Forbidden(Refusal):
    """The principal is known, and may not do this."""

    kind = "forbidden"
    status = HTTPStatus.FORBIDDEN
    title = "Not allowed"


class Unauthenticated(Refusal):
    """No credential, or one that is not valid."""

    kind = "unauthenticated"
    status = HTTPStatus.UNAUTHORIZED
    title = "Sign in, or send a valid API key"


class Invalid(Refusal):
    """One or more fields are wrong; `fields` names each."""

    kind = "invalid"
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    title = "Some fields are not valid"


class Conflict(Refusal):
    """The request contradicts what is already recorded."""

    kind = "conflict"
    status = HTTPStatus.CONFLICT
    title = "Conflicts with what is already recorded"


class LostRace(Refusal):
    """Somebody else changed the row since the caller read it (`If-Match`)."""

    kind = "lost-race"
    status = HTTPStatus.PRECONDITION_FAILED
    title = "Changed by somebody else meanwhile: read it again"


class Unavailable(Refusal):
    """Something the answer depends on is down; nothing was shown and nothing was written."""

    kind = "unavailable"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = "Temporarily unavailable"


class Busy(Unavailable):
    """Everything this process can do at once is being done; nothing was begun. Others than the caller may be why."""

    kind = "busy"
    title = "Too busy at the moment"
    retry_after = 1


class TooManyRequests(Refusal):
    """The tenant or key has used up its allowance; `retry_after` seconds from now there is some again."""

    kind = "too-many-requests"
    status = HTTPStatus.TOO_MANY_REQUESTS
    title = "Too many requests"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Suspended(Forbidden):
    """The tenant is suspended: nothing is answered and its jobs wait."""

    kind = "tenant-suspended"
    title = "This tenant is suspended"
