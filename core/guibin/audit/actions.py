"""Writing the record, in the transaction of the look it records: no record, no look."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypedDict, TypeVar, Unpack
from uuid import UUID

import asyncpg
from msgspec import Struct, field

from guibin.cases import Case
from guibin.web.beside import Beside
from guibin_tenants.above import NamedFromAbove
from guibin_tenants.database import UNREACHABLE
from guibin_tenants.principals import Principal, Signature, may, require
from guibin_tenants.refusals import Invalid, TooManyRequests, Unavailable
from guibin_tenants.rows import add_all, name_of
from guibin_tenants.scope import current_scope
from guibin_tenants.tables import new_id
from guibin_tenants.violations import AT_ONCE

from . import look_ups
from .tables import EMERGENCY, AuditEntry

if TYPE_CHECKING:
    # Commands write entries too, and serve nothing.
    from guibin.web.listing import Listing

# A list shows at most 200; an export names its size instead of every id.
IDS_MAX = 200


class Items(Protocol):
    """A page of a list."""

    @property
    def items(self) -> Sequence[Any]:
        """What is on it: of whoever is their `customer_id`, or of nobody in particular."""


Shown = TypeVar("Shown", bound=Items)
View = TypeVar("View", bound=Struct)


# Told of every entry, in its transaction.
ON_ENTRY: NamedFromAbove[Callable[["AuditNote", Signature], None]] = NamedFromAbove()


class AuditUnavailable(Unavailable):
    """Nothing can be shown now: the audit record could not be written. No record, no look (decision 9)."""


class AuditNote(Struct, frozen=True, kw_only=True):
    """What was looked at or changed; `id` its entry's to be.

    `action` is `thing.verb`; `customer_ids` whose files; `fields` which of them; `shown` how many rows. `asked`: whoever acts
    named a sealed value and learns whether somebody has it. Nothing here is a text of the customer's.
    """

    action: str
    subject: str = "customer"
    subject_id: UUID | None = None
    customer_id: UUID | None = None
    customer_ids: tuple[UUID, ...] = ()
    fields: tuple[str, ...] = ()
    purpose: str = ""
    shown: int = 1
    asked: bool = False
    id: UUID = field(default_factory=new_id)

    def whose(self) -> tuple[UUID, ...]:
        """The customers whose files were looked at or changed."""
        return self.customer_ids or ((self.customer_id,) if self.customer_id else ())


async def record(note: AuditNote, act: Signature) -> UUID:
    """Write one entry; its id. Raises AuditUnavailable, whereupon the whole request is rolled back."""
    return (await record_all([(note, act.now)], by=act.by))[0]


class Looked(TypedDict, total=False):
    """What of an AuditNote can be said beside what was done, and to which case."""

    customer_ids: tuple[UUID, ...]
    fields: tuple[str, ...]
    purpose: str
    shown: int
    asked: bool


class Noted(Looked, total=False):
    """What of an AuditNote can be said beside what was done."""

    subject: str
    subject_id: UUID | None
    customer_id: UUID | None


async def noted(action: str, act: Signature, **said: Unpack[Noted]) -> UUID:
    """The entry of an AuditNote made of this: its id."""
    return await record(AuditNote(action=action, **said), act)


async def done(verb: str, case: Case, act: Signature, **said: Unpack[Looked]) -> UUID:
    """The entry that something was done to a case, or that it was read: its id. The action is `thing.verb`."""
    return await record(note_of(verb, case, **said), act)


def note_of(verb: str, case: Case, **said: Unpack[Looked]) -> AuditNote:
    """What `done` writes down."""
    subject = case.subject
    return AuditNote(
        action=f"{subject}.{verb}", subject=subject, subject_id=case.id, customer_id=case.customer_id, **said
    )


@contextlib.contextmanager
def along(note: AuditNote, act: Signature, *, says_whose: bool = False) -> Iterator[Beside]:
    """As `record`, for the one statement inside that shows the row it is about: that writes it. `says_whose`: by the row's
    `customer_id`."""
    row = _row(note, act)
    whose = "array_remove(array[x.customer_id], null)" if says_whose else "$entry_customer_ids"
    places = ", ".join(whose if name == "customer_ids" else f"$entry_{name}" for name in row)
    with _or_unavailable(alone=False):
        yield Beside(
            f"insert into audit_entry ({', '.join(row)}) select {places}",
            {f"entry_{name}": value for name, value in row.items()},
        )
    current_scope().on_record.update(note.whose())
    _tell(note, act)


async def recorded(verb: str, case: Case, rows: "Listing[View]", act: Signature, **said: Unpack[Looked]) -> View:
    """As `done`, in the statement that shows the case's row of the list as it is then; whose it is, the row says where the
    case does not."""
    note = note_of(verb, case, **said)
    with along(note, act, says_whose=case.customer_id is None and rows.says_whose) as entry:
        return await rows.one(case.id, entry)


async def searched(
    what: str, page: Shown, act: Signature, *, subject: str = "", verb: str = "search", fields: tuple[str, ...] = ()
) -> Shown:
    """The entry of a list that was shown, whose files are on it; the page. `subject` is by default `what`."""
    named = (getattr(item, "customer_id", None) for item in page.items)
    customers = tuple(dict.fromkeys(customer_id for customer_id in named if customer_id is not None))
    note = AuditNote(
        action=f"{what}.{verb}", subject=subject or what, customer_ids=customers, fields=fields, shown=len(page.items)
    )
    await record(note, act)
    return page


async def exported(what: str, rows: Sequence[asyncpg.Record], file: Path, act: Signature) -> None:
    """The entry of rows that are written to a file, whose they are. Raises Forbidden for whoever may not."""
    require(act.by, may("customers:export"))
    customers = tuple(dict.fromkeys(row["customer_id"] for row in rows if row["customer_id"]))
    await noted(f"{what}.export", act, subject=what, customer_ids=customers, shown=len(rows), purpose=file.name)


async def record_all(notes: Sequence[tuple[AuditNote, datetime]], *, by: Principal) -> list[UUID]:
    """As `record`, for many at once, each with its moment: their ids. Raises TooManyLookUps when too much was asked for."""
    with _or_unavailable():
        ids = await add_all(AuditEntry, None, [_row(note, Signature(by=by, now=now)) for note, now in notes])
    for note, now in notes:
        current_scope().on_record.update(note.whose())
        _tell(note, Signature(by=by, now=now))
        if note.asked and (refusal := await look_ups.counted(Signature(by=by, now=now))):
            raise refusal
    return ids


async def record_refused(note: AuditNote, act: Signature, *, refused: str) -> TooManyRequests | None:
    """One entry that something was attempted; what follows when that was once too often."""
    with _or_unavailable():
        await add_all(AuditEntry, None, [_row(note, act) | {"refused": refused}])
    return await look_ups.counted(act) if note.asked else None


def _tell(note: AuditNote, act: Signature) -> None:
    for callback in ON_ENTRY.values():
        callback(note, act)


@contextlib.contextmanager
def _or_unavailable(*, alone: bool = True) -> Iterator[None]:
    """Where the entry is not `alone` in its statement, what PostgreSQL refuses is about it only if its table is named."""
    try:
        yield
    except AT_ONCE:
        raise
    except (*UNREACHABLE, asyncpg.PostgresError) as error:
        if alone or name_of(AuditEntry) in (getattr(error, "message", None) or ""):
            raise AuditUnavailable() from error
        raise


def _row(note: AuditNote, act: Signature) -> dict[str, Any]:
    """Raises Invalid for a purpose that somebody typed as only those of looks in the name of an emergency access read."""
    if note.purpose.lstrip().startswith(EMERGENCY):
        raise Invalid.at(
            "purpose", "not how looks in an emergency are marked", "say why in your own words", note.purpose[:60]
        )
    return {
        "id": note.id,
        "happened_at": act.now,
        "actor_kind": act.by.kind,
        "actor_id": act.by.id,
        "actor_name": act.by.name,
        "address": act.by.address,
        "action": note.action,
        "subject": note.subject,
        "subject_id": note.subject_id or note.customer_id,
        "customer_ids": list(note.whose()[:IDS_MAX]),
        "shown": note.shown,
        "fields": list(note.fields),
        "purpose": current_scope().purpose or note.purpose,
        "asked": note.asked,
        "refused": "",
        "org_unit_id": act.by.org_unit_id,
    }
