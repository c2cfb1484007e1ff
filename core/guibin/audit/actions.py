"""Writing the record, in the transaction of the look it records: no record, no look."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin_tenants.database import UNREACHABLE
from guibin_tenants.principals import Principal, Signature
from guibin_tenants.refusals import TooManyRequests, Unavailable
from guibin_tenants.scope import current_scope, execute_many
from guibin_tenants.tables import new_id

from . import look_ups

# A list shows at most 200; an export names its size instead of every id.
IDS_MAX = 200


class AboutCustomer(Protocol):
    """What a list shows of somebody, or of nobody in particular."""

    @property
    def customer_id(self) -> UUID | None:
        """Whose it is."""


class Subject(AboutCustomer, Protocol):
    """A case, or whatever else has a name in the record."""

    @property
    def subject(self) -> str:
        """What it is called there."""

    @property
    def id(self) -> UUID:
        """Which one."""


class Items(Protocol):
    """A page of a list."""

    @property
    def items(self) -> Sequence[AboutCustomer]:
        """What is on it."""


Shown = TypeVar("Shown", bound=Items)


class AuditUnavailable(Unavailable):
    """The record could not be written, so nothing is shown (decision 9)."""

    kind = "audit-unavailable"
    title = "Nothing can be shown now: the audit record could not be written"


class AuditNote(Struct, frozen=True, kw_only=True):
    """What was looked at or changed.

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

    def whose(self) -> tuple[UUID, ...]:
        """The customers whose files were looked at or changed."""
        return self.customer_ids or ((self.customer_id,) if self.customer_id else ())


async def record(note: AuditNote, act: Signature) -> UUID:
    """Write one entry; its id. Raises AuditUnavailable, whereupon the whole request is rolled back."""
    return (await record_all([(note, act.now)], by=act.by))[0]


async def done(verb: str, case: Subject, act: Signature) -> UUID:
    """The entry that something was done to a case, or that it was read: its id. The action is `thing.verb`."""
    note = AuditNote(
        action=f"{case.subject}.{verb}", subject=case.subject, subject_id=case.id, customer_id=case.customer_id
    )
    return await record(note, act)


async def searched(
    what: str,
    page: Shown,
    act: Signature,
    *,
    subject: str = "",
    verb: str = "search",
    fields: tuple[str, ...] = (),
) -> Shown:
    """The entry of a list that was shown, whose files are on it; the page. `subject` is by default `what`."""
    customers = tuple(dict.fromkeys(item.customer_id for item in page.items if item.customer_id is not None))
    note = AuditNote(
        action=f"{what}.{verb}",
        subject=subject or what,
        customer_ids=customers,
        fields=fields,
        shown=len(page.items),
    )
    await record(note, act)
    return page


async def record_all(notes: Sequence[tuple[AuditNote, datetime]], *, by: Principal) -> list[UUID]:
    """As `record`, for many at once, each with its moment: their ids. Raises TooManyLookUps when too much was asked for."""
    rows = [_row(note, Signature(by=by, now=now), refused="") for note, now in notes]
    await _insert(rows)
    for note, now in notes:
        current_scope().on_record.update(note.whose())
        if note.asked and (refusal := await look_ups.counted(Signature(by=by, now=now))):
            raise refusal
    return [row[0] for row in rows]


async def record_refused(note: AuditNote, act: Signature, *, refused: str) -> TooManyRequests | None:
    """One entry that something was attempted; what follows when that was once too often."""
    await _insert([_row(note, act, refused=refused)])
    return await look_ups.counted(act) if note.asked else None


async def _insert(rows: Sequence[tuple[Any, ...]]) -> None:
    try:
        await execute_many(_WRITE, rows)
    except (*UNREACHABLE, asyncpg.PostgresError) as error:
        raise AuditUnavailable() from error


_WRITE = (
    "insert into audit_entry (id, happened_at, actor_kind, actor_id, actor_name, address, action, subject,"
    " subject_id, customer_ids, shown, fields, purpose, asked, refused, org_unit_id)"
    " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
)


def _row(note: AuditNote, act: Signature, *, refused: str) -> tuple[Any, ...]:
    return (
        new_id(),
        act.now,
        act.by.kind,
        act.by.id,
        act.by.name,
        act.by.address,
        note.action,
        note.subject,
        note.subject_id or note.customer_id,
        list(note.whose()[:IDS_MAX]),
        note.shown,
        list(note.fields),
        note.purpose,
        note.asked,
        refused,
        act.by.org_unit_id,
    )
