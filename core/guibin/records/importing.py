"""Importing and exporting contacts kept in a spreadsheet: whole or not at all, the same contact once (S07-25, S07-26)."""

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.audit.actions import exported, noted
from guibin.context import Act
from guibin.notation.spelling import line, paragraph
from guibin.profiles.importing import people_in_sight
from guibin.profiles.queries import ended_archives, ids_by_number
from guibin.profiles.subjects import Actor
from guibin.spreadsheets.importing import PROBLEMS_MAX, Imported, Progress, Sheet, no_progress, problem
from guibin.spreadsheets.mapping import Mapping, refuse_unknown
from guibin.spreadsheets.reading import Fields, Row, RowProblem
from guibin.spreadsheets.requests import refused, wrong_value
from guibin.spreadsheets.writing import write
from guibin_tenants import keyring, staff
from guibin_tenants.principals import Principal, may, require
from guibin_tenants.refusals import Invalid
from guibin_tenants.scope import execute, fetch
from guibin_tenants.tables import new_id

from .actions import handling_state, wrong_interaction, wrong_number
from .requests import NewInteraction, channels_of
from .sealing import SealedNumber, sealed_number

BATCH_ROWS = 1_000
SOURCE = "import"
# What was entered here, when it comes back from an export.
OURS = "guibin"
COLUMNS = (
    "customer_number",
    "source",
    "source_number",
    "channel",
    "direction",
    "outcome",
    "happened_at",
    "duration_minutes",
    "place",
    "number",
    "content",
    "need",
    "wants",
    "handling",
    "handling_state",
    "staff",
)
_FIELDS = Fields(
    words=frozenset({"content", "need", "handling", "place"}),
    codes=frozenset({"customer_number", "number"}),
    known=frozenset(COLUMNS),
)
_STATES = {"": None, "none": None, "open": False, "done": True}


class _Contact(Struct, frozen=True):
    """A row that has been read: the contact, who had it, and what makes it the same one when it comes again."""

    new: NewInteraction
    had_by: Actor
    source: str
    source_number: str
    # A telephone number that is masked in the file cannot be sealed; it is kept as it is shown.
    masked: str
    row: Row

    @property
    def key(self) -> tuple[str, str]:
        """Its source and number there."""
        return (self.source, self.source_number)


async def import_interactions(
    file: Path, mapping: Mapping, act: Act, *, dry_run: bool = False, progress: Progress = no_progress
) -> Imported:
    """Add contacts: customer_number, channel, happened_at and content, and whatever else COLUMNS names.

    A contact without a `source_number` is known again by its customer, moment, channel and content. Raises BadRows with
    everything wrong, or Invalid for an unreadable file; then nothing is written.
    """
    require(act.by, may("customers:import"))
    refuse_unknown(mapping, COLUMNS)
    reader = await _reader(act)
    sheet = Sheet(file, mapping, _FIELDS, BATCH_ROWS, progress)
    total = await _check(sheet, reader)
    created = differing = 0
    not_taken: list[RowProblem] = []
    for batch in sheet.batches():
        contacts = [contact for contact, _ in map(reader.contact, batch) if contact is not None]
        known = await _known(contacts)
        created += await _write([one for one in contacts if one.key not in known], act, dry_run=dry_run)
        progress("written", created)
        found = [_differences(one, known[one.key]) for one in contacts if one.key in known]
        differing += sum(bool(one) for one in found)
        not_taken += [left for one in found for left in one][: PROBLEMS_MAX - len(not_taken)]
    if not dry_run:
        await noted("interaction.import", act, subject="interaction", shown=total, purpose=file.name)
    unchanged = total - created - differing
    return Imported(total, created, 0, unchanged, dry_run=dry_run, differing=differing, not_taken=tuple(not_taken))


async def export_interactions(file: Path, act: Act) -> int:
    """Write every visible contact, telephone numbers masked; the file imports again as it is and changes nothing."""
    found = await fetch(
        "select i.*, c.number as customer_number, s.login, h.text as handling from interaction i"
        " join customer c on c.tenant_id = i.tenant_id and c.id = i.customer_id"
        " left join staff s on s.tenant_id = i.tenant_id and s.id = i.staff_id and s.left_at is null"
        " left join lateral (select text from interaction_handling h where h.tenant_id = i.tenant_id"
        " and h.interaction_id = i.id order by h.handled_at desc, h.id desc limit 1) h on true"
        " where c.erased_at is null order by i.happened_at, i.id"
    )
    await exported("interaction", found, file, act)
    lines = (
        (
            row["customer_number"],
            row["source"] or OURS,
            row["source_number"] or str(row["id"]),
            row["channel"],
            row["direction"],
            row["outcome"],
            row["happened_at"].astimezone(UTC).isoformat(),
            "" if row["duration_minutes"] is None else str(row["duration_minutes"]),
            row["place"],
            row["number_masked"],
            row["content"],
            row["need"],
            row["wants"],
            row["handling"] or "",
            row["handling_state"],
            row["login"] or "",
        )
        for row in found
    )
    return write(file, COLUMNS, lines, sheet="interactions")


class _Reader(Struct):
    """Reads rows against what the company has: its customers, staff and channels."""

    customers: dict[str, UUID]
    ended: dict[str, str]
    people: dict[str, Actor]
    channels: tuple[str, ...]
    by: Principal
    now: datetime

    def contact(self, row: Row) -> tuple[_Contact | None, list[RowProblem]]:
        """The contact, or None and everything wrong."""
        given, wrong = row.fields, []
        customer_id = self.customers.get(given.get("customer_number", ""))
        if customer_id is None:
            rule = self.ended.get(given.get("customer_number", ""), "no customer has this number")
            wrong.append(problem(row, "customer_number", given.get("customer_number", ""), rule))
        had_by = self.people.get(given.get("staff", ""))
        if had_by is None:
            wrong.append(problem(row, "staff", given["staff"], "no member of staff has this login"))
        state = given.get("handling_state", "")
        if state not in _STATES:
            wrong.append(problem(row, "handling_state", state, f"not one of: {', '.join(filter(None, _STATES))}"))
        for name, most in (("source", 40), ("source_number", 64)):
            if len(given.get(name, "")) > most:
                wrong.append(problem(row, name, given[name], f"longer than {most} characters"))
        new = self._converted(row, customer_id, wrong)
        if wrong or new is None or had_by is None:
            return None, wrong
        number = given.get("number", "")
        key = given.get("source_number") or _digest(given)
        masked = number if "*" in number else ""
        return _Contact(new, had_by, given.get("source") or SOURCE, key, masked, row), wrong

    def _converted(self, row: Row, customer_id: UUID | None, wrong: list[RowProblem]) -> NewInteraction | None:
        given = row.fields
        values: dict[str, object] = {
            # A row whose customer is unknown is still read for whatever else is wrong with it.
            "customer_id": customer_id or UUID(int=0),
            "channel": given.get("channel", ""),
            "direction": given.get("direction") or "out",
            "outcome": given.get("outcome") or "reached",
            "happened_at": given.get("happened_at", ""),
            "place": line(given.get("place", "")),
            "number": "" if "*" in given.get("number", "") else given.get("number", ""),
            "content": given.get("content", ""),
            "need": given.get("need", ""),
            "wants": given.get("wants", ""),
            "handling": given.get("handling", ""),
            "handled": bool(_STATES.get(given.get("handling_state", ""))),
        }
        if given.get("duration_minutes"):
            values["duration_minutes"] = _whole(given["duration_minutes"])
        try:
            new = msgspec.convert(values, NewInteraction)
        except Invalid as refusal:
            # The error of a formula is reported with its cell.
            told = {one.reason for one in row.problems}
            wrong += [
                problem(row, one.field, given.get(one.field, ""), one.rule)
                for one in refusal.fields
                if one.rule not in told
            ]
            return None
        except msgspec.ValidationError:
            # A moment the mapping could not read is reported by the mapping.
            told = {"happened_at"} if row.problems and "happened_at" not in given else set()
            wrong += [
                one
                for name in values
                if name not in told
                for one in wrong_value(row, NewInteraction, name, values[name])
            ]
            number = str(values["number"])
            wrong += [problem(row, one.field, number, one.rule) for one in wrong_number(number)]
            return None
        wrong += refused(row, wrong_interaction(new, self.channels, now=self.now))
        return new


async def _reader(act: Act) -> _Reader:
    seen = await people_in_sight(act)
    names = await staff.names_of(seen.values())
    people = {login: Actor(staff_id, names[staff_id]) for login, staff_id in seen.items()}
    ended = await ended_archives(closed=False)
    customers = {number: customer_id for number, customer_id in (await ids_by_number()).items() if number not in ended}
    return _Reader(
        customers, ended, people | {"": Actor(act.by.id, act.by.name)}, channels_of(act.policy), act.by, act.now
    )


async def _check(sheet: Sheet, reader: _Reader) -> int:
    problems: list[RowProblem] = []
    seen: dict[tuple[str, str], int] = {}
    total = 0
    for batch in sheet.checked(problems):
        read = [(row, *reader.contact(row)) for row in batch]
        known = await _known([contact for _, contact, _ in read if contact is not None])
        for row, contact, wrong in read:
            problems += [*row.problems, *wrong]
            if contact is None:
                continue
            if contact.key in seen:
                rule = f"the same contact stands in row {seen[contact.key]}"
                problems.append(problem(row, "source_number", row.fields.get("source_number", ""), rule))
            seen.setdefault(contact.key, row.number)
            if contact.key in known and known[contact.key]["customer_id"] != contact.new.customer_id:
                rule = "there is a contact of this source and number already, of another customer"
                problems.append(problem(row, "source_number", contact.source_number, rule))
        total += len(batch)
    return total


async def _known(batch: Sequence[_Contact]) -> dict[tuple[str, str], Any]:
    """What is held of these contacts, by source and number."""
    found = await fetch(
        "select coalesce(source, $3) as source, coalesce(source_number, id::text) as source_number, customer_id, channel,"
        " direction, outcome, happened_at, duration_minutes, place, content, need, wants, handling_state"
        " from interaction"
        " where (source = any ($1) and source_number = any ($2)) or (source is null and id = any ($4::uuid[]))",
        list({contact.source for contact in batch}),
        [contact.source_number for contact in batch],
        OURS,
        list(_own_ids(batch)),
    )
    return {(row["source"], row["source_number"]): row for row in found}


def _differences(contact: _Contact, held: Any) -> list[RowProblem]:
    """What of the row is something else than what is held, in the columns that the file has."""
    row, new = contact.row, contact.new
    told = {name: getattr(new, name) for name in _COMPARED} | {
        "handling_state": handling_state(new.need, new.handling, new.handled)
    }
    rule = "something else is held; an import changes no contact: correct it there"
    return [
        problem(row, name, row.fields[name], rule)
        for name, value in told.items()
        if name in row.fields and _as_told(value) != _as_told(held[name])
    ]


_COMPARED = ("channel", "direction", "outcome", "happened_at", "duration_minutes", "place", "content", "need", "wants")


def _as_told(value: object) -> object:
    return line(paragraph(value)) if isinstance(value, str) else value


async def _write(fresh: Sequence[_Contact], act: Act, *, dry_run: bool) -> int:
    if dry_run or not fresh:
        return len(fresh)
    ids = [new_id() for _ in fresh]
    numbers = await _numbers(fresh, ids)
    await execute(
        "insert into interaction (id, customer_id, channel, direction, outcome, happened_at, duration_minutes, place,"
        " number_sealed, number_masked, content, need, handling_state, staff_id, staff_name, recorded_by,"
        " recorded_by_name, recorded_at, source, source_number, wants)"
        " select i, c, ch, d, o, h, m, p, ns, nm, co, ne, hs, s, sn, $18, $19, $20, so, sr, wa"
        " from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::smallint[],"
        " $8::text[], $9::bytea[], $10::text[], $11::text[], $12::text[], $13::text[], $14::uuid[], $15::text[],"
        " $16::text[], $17::text[], $21::text[])"
        " as r (i, c, ch, d, o, h, m, p, ns, nm, co, ne, hs, s, sn, so, sr, wa)",
        ids,
        [contact.new.customer_id for contact in fresh],
        [contact.new.channel for contact in fresh],
        [contact.new.direction for contact in fresh],
        [contact.new.outcome for contact in fresh],
        [contact.new.happened_at for contact in fresh],
        [contact.new.duration_minutes for contact in fresh],
        [contact.new.place for contact in fresh],
        [number.sealed for number in numbers],
        [number.masked for number in numbers],
        [contact.new.content for contact in fresh],
        [contact.new.need for contact in fresh],
        [handling_state(contact.new.need, contact.new.handling, contact.new.handled) for contact in fresh],
        [contact.had_by.id for contact in fresh],
        [contact.had_by.name for contact in fresh],
        [contact.source for contact in fresh],
        [contact.source_number for contact in fresh],
        act.by.id,
        act.by.name,
        act.now,
        [contact.new.wants for contact in fresh],
    )
    await _write_handlings(list(zip(ids, fresh, strict=True)), act)
    return len(fresh)


async def _write_handlings(written: Sequence[tuple[UUID, _Contact]], act: Act) -> None:
    handled = [(row, contact) for row, contact in written if contact.new.handling.strip()]
    await execute(
        "insert into interaction_handling (id, interaction_id, customer_id, text, done, handled_by, handled_by_name,"
        " handled_at) select gen_random_uuid(), i, c, t, d, $5, $6, $7"
        " from unnest($1::uuid[], $2::uuid[], $3::text[], $4::boolean[]) as r (i, c, t, d)",
        [row for row, _ in handled],
        [contact.new.customer_id for _, contact in handled],
        [contact.new.handling for _, contact in handled],
        [contact.new.handled for _, contact in handled],
        act.by.id,
        act.by.name,
        act.now,
    )


async def _numbers(contacts: Sequence[_Contact], ids: Sequence[UUID]) -> list[SealedNumber]:
    subjects = dict.fromkeys(contact.new.customer_id for contact in contacts if contact.new.number)
    keys = {customer_id: await keyring.subject_key(customer_id) for customer_id in subjects}
    return [
        sealed_number(contact.new.number, key=keys[contact.new.customer_id], row=row)
        if contact.new.number
        else SealedNumber(None, contact.masked)
        for contact, row in zip(contacts, ids, strict=True)
    ]


def _own_ids(batch: Sequence[_Contact]) -> Iterator[UUID]:
    for contact in batch:
        if contact.source == OURS:
            with contextlib.suppress(ValueError):
                yield UUID(contact.source_number)


def _whole(text: str) -> object:
    return int(text) if text.isascii() and text.isdigit() else text


def _digest(given: dict[str, str]) -> str:
    parts = (given.get(name, "") for name in ("customer_number", "happened_at", "channel", "content"))
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
