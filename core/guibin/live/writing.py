"""Writing down what happened with the COMMIT of its own transaction, and nudging whoever listens once that has committed.

Three sources: changes that the record names, events, notices. What was undone is told to nobody.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.audit.actions import ON_ENTRY, AuditNote
from guibin.audit.kinds import ACTIONS
from guibin.cases import Case
from guibin.cases.followed import FOLLOWED, INBOX
from guibin.events import Event, listens
from guibin.jobs.kinds import kind_of
from guibin.notices.actions import INBOX_CHANGED
from guibin_tenants.principals import Signature
from guibin_tenants.scope import current_scope
from guibin_tenants.tables import new_id

from .queries import EventView

CHANNEL = "guibin_live"
# Of one transaction; an import that changes more is one that whoever looks reads anew anyway.
TOLD_MAX = 200
CHANGED = f"{INBOX}.changed"
_ID = "_id"


class Happened(Struct, frozen=True):
    """One row to be, without what is the same for all of its transaction."""

    type: str
    case: Case
    at: datetime


def change_recorded(note: AuditNote, act: Signature) -> None:
    """The record names a change; what only showed something is told to nobody."""
    known, subject_id = ACTIONS.get(note.action), note.subject_id or note.customer_id
    if subject_id is not None and not (known and known.looked):
        _gather(Happened(note.action, Case(note.subject, subject_id), act.now))


@listens
async def events_recorded(happened: Sequence[Event], now: datetime) -> None:
    """Events, each about its `subject`, or about the first thing it names that can be followed."""
    for event in happened:
        case = _about(event)
        if case is not None:
            _gather(Happened(kind_of(type(event)), case, now))


def inbox_changed(reader_ids: Sequence[UUID], now: datetime) -> None:
    """Each of them has more to read, or less."""
    for reader_id in reader_ids:
        _gather(Happened(CHANGED, Case(INBOX, reader_id), now))


ON_ENTRY.give("live", change_recorded)
INBOX_CHANGED.give("live", inbox_changed)


def _about(event: Event) -> Case | None:
    subject, subject_id = getattr(event, "subject", None), getattr(event, "subject_id", None)
    if subject is not None:
        return Case(subject, subject_id) if subject_id is not None else None
    named = (name for name in event.__struct_fields__ if name.endswith(_ID) and name.removesuffix(_ID) in FOLLOWED)
    first = next(named, None)
    return Case(first.removesuffix(_ID), getattr(event, first)) if first else None


def _gather(happened: Happened) -> None:
    if happened.case.subject not in FOLLOWED:
        return
    scope = current_scope()
    if _statement not in scope.before_commit:
        scope.before_commit.append(_statement)
    scope.gathered.append(happened)


def _statement() -> str:
    """What is sent with COMMIT; empty where all of it was undone. In hexadecimal nothing needs quoting."""
    scope = current_scope()
    gathered = [each for each in dict.fromkeys(scope.gathered) if isinstance(each, Happened)][:TOLD_MAX]
    scope.gathered.clear()
    if not gathered:
        return ""
    rows = [EventView(new_id(), each.type, each.case.subject, each.case.id, each.at) for each in gathered]
    return (
        "with told as (insert into stream_event (id, type, subject, subject_id, at, recorded_in)"
        " select r.*, pg_current_xact_id()::text::bigint"
        f" from jsonb_to_recordset(convert_from('\\x{msgspec.json.encode(rows).hex()}'::bytea, 'UTF8')::jsonb)"
        " as r (id uuid, type text, subject text, subject_id uuid, at timestamptz))"
        f" select pg_notify('{CHANNEL}', current_setting('guibin.tenant'))"
    )
