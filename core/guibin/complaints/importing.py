"""Importing complaints kept elsewhere: whole or not at all, the same number from the same source once."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.notation.spelling import line, paragraph
from guibin.policy.packs import Policy
from guibin.profiles.actions import open_archives
from guibin.profiles.queries import ended_archives, ids_by_number
from guibin.profiles.requests import NewCustomer
from guibin.spreadsheets.importing import PROBLEMS_MAX, Imported, Progress, Sheet, no_progress, problem
from guibin.spreadsheets.mapping import Mapping, refuse_unknown
from guibin.spreadsheets.reading import Fields, Row, RowProblem
from guibin.spreadsheets.requests import refused, said
from guibin_tenants.refusals import Invalid
from guibin_tenants.scope import fetch

from .exporting import COMPLAINT_COLUMNS, HELD, SAID
from .intake import Origin, receive_all, wrong_by
from .requests import NewComplaint

BATCH_ROWS = 500
_STATES = ("", "open", "closed")
# How long its origin may be, in characters.
_ORIGIN = {"source": 40, "source_number": 60, "status": 40}
COLUMNS = (*COMPLAINT_COLUMNS, "customer_name", "customer_kind")
_FIELDS = Fields(words=frozenset({"text"}), codes=frozenset({"customer_number"}), known=frozenset(COLUMNS))


async def import_complaints(
    file: Path, mapping: Mapping, act: Act, *, dry_run: bool = False, progress: Progress = no_progress
) -> Imported:
    """Take in complaints with their own moments: what COLUMNS names.

    `customer_number` names the customer; with `customer_name` and `customer_kind` an unknown one gets an archive.
    `state` closed means that the source had settled it, at a moment it does not tell: it has no clock. A moment after
    a simulated company's clock is kept: its deadline starts then. Raises BadRows or Invalid; then nothing is written.
    """
    refuse_unknown(mapping, COLUMNS)
    customers = await ids_by_number()
    latest = None if act.company.simulated else act.now
    ended = await ended_archives(closed=False)
    sheet = Sheet(file, mapping, _FIELDS, BATCH_ROWS, progress)
    total, differing, not_taken = await _check(sheet, act.policy, _Whom(customers, ended), latest)
    created = 0
    for batch in sheet.batches():
        known = await _known(batch)
        fresh = [row for row in batch if _key(row) not in known]
        created += len(fresh)
        if not dry_run:
            await _open_missing(fresh, customers, act)
            several = [_complaint(row, act.policy, customers) for row in fresh]
            await receive_all(several, act)
        progress("taken in", created)
    if not dry_run:
        await noted("complaint.import", act, subject="complaint", shown=total, purpose=file.name)
    unchanged = total - created - differing
    return Imported(total, created, 0, unchanged, dry_run=dry_run, differing=differing, not_taken=tuple(not_taken))


async def _check(
    sheet: Sheet, policy: Policy, whom: "_Whom", latest: datetime | None
) -> tuple[int, int, list[RowProblem]]:
    """How many rows, how many of them say something else than what is held, and what. Raises BadRows."""
    problems: list[RowProblem] = []
    not_taken: list[RowProblem] = []
    seen: dict[tuple[str, str], int] = {}
    total = differing = 0
    for batch in sheet.checked(problems):
        known = await _known([row for row in batch if row.fields.get("source_number")])
        for row in batch:
            new, wrong = _read(row, policy, None, latest)
            problems += [*row.problems, *wrong, *_wrong_customer(row, policy, whom)]
            if not row.fields.get("source_number"):
                problems.append(problem(row, "source_number", "", "required"))
                continue
            key = _key(row)
            if key in seen:
                problems.append(problem(row, "source_number", key[1], f"the same number stands in row {seen[key]}"))
            seen.setdefault(key, row.number)
            if key in known and new is not None:
                problems += _wrong_owner(row, known[key])
                found = _differences(row, new, known[key])
                differing += bool(found)
                not_taken += found[: PROBLEMS_MAX - len(not_taken)]
        total += len(batch)
    return total, differing, not_taken


class _Whom(Struct, frozen=True):
    """The company's customers by number, and why some of them take nothing new."""

    customers: dict[str, UUID]
    ended: dict[str, str]


def _wrong_customer(row: Row, policy: Policy, whom: _Whom) -> Iterator[RowProblem]:
    customer = row.fields.get("customer_number", "")
    if customer and customer not in whom.customers and not row.fields.get("customer_name"):
        yield problem(row, "customer_number", customer, "no customer has this number")
    if customer in whom.ended:
        yield problem(row, "customer_number", customer, whom.ended[customer])
    if row.fields.get("customer_kind", policy.customer_kinds[0]) not in policy.customer_kinds:
        rule = f"not one of: {', '.join(policy.customer_kinds)}"
        yield problem(row, "customer_kind", row.fields["customer_kind"], rule)


def _wrong_owner(row: Row, held: Any) -> Iterator[RowProblem]:
    customer = row.fields.get("customer_number", "")
    if customer and held["customer_number"] and customer != held["customer_number"]:
        rule = "there is a complaint of this source and number already, of another customer"
        yield problem(row, "source_number", row.fields["source_number"], rule)


async def _known(batch: Sequence[Row]) -> dict[tuple[str, str], Any]:
    """What is held of these complaints, by source and number."""
    found = await fetch(
        f"{HELD} where (k.source = any ($1) and k.source_number = any ($2))"
        " or (k.source is null and k.number = any ($2))",
        list({_key(row)[0] for row in batch}),
        [_key(row)[1] for row in batch],
    )
    return {(row["source"], row["source_number"]): row for row in found}


def _differences(row: Row, new: NewComplaint, held: Any) -> list[RowProblem]:
    """What of the row is something else than what is held, in the cells that say something."""
    told = row.fields | {name: getattr(new, name) for name in SAID}
    # The level may ask for it where the file does not.
    told["special"] = new.special or held["special"]
    rule = "something else is held; an import changes no complaint: change it there"
    return [
        problem(row, name, row.fields[name], rule)
        for name in COMPLAINT_COLUMNS
        if row.fields.get(name) and name not in _KEY and _as_told(told[name]) != _as_told(held[name])
    ]


_KEY = ("source", "source_number")


def _as_told(value: object) -> object:
    return line(paragraph(value)) if isinstance(value, str) else value


def _read(
    row: Row, policy: Policy, customer_id: UUID | None, latest: datetime | None = None
) -> tuple[NewComplaint | None, list[RowProblem]]:
    values, wrong = said(row, NewComplaint, SAID)
    wrong += refused(row, wrong_by(policy, values, latest=latest))
    if row.fields.get("state", "") not in _STATES:
        wrong.append(problem(row, "state", row.fields["state"], "not open or closed"))
    for name, chars_max in _ORIGIN.items():
        if len(row.fields.get(name, "")) > chars_max:
            wrong.append(problem(row, name, row.fields[name], f"longer than {chars_max} characters"))
    if wrong or row.problems:
        return None, wrong
    try:
        return NewComplaint(**values, customer_id=customer_id), []
    except Invalid as refusal:
        return None, refused(row, refusal.fields)


def _key(row: Row) -> tuple[str, str]:
    return row.fields.get("source") or "import", row.fields["source_number"]


def _complaint(row: Row, policy: Policy, customers: dict[str, UUID]) -> tuple[NewComplaint, Origin]:
    given = row.fields
    number = given.get("customer_number", "")
    new, _ = _read(row, policy, customers[number] if number else None)
    assert new is not None, row
    return new, Origin(*_key(row), given.get("status", ""), settled=given.get("state", "") == "closed")


async def _open_missing(rows_: Sequence[Row], customers: dict[str, UUID], act: Act) -> None:
    """Open an archive for every customer that is named and not known; the first row that names one counts."""
    missing: dict[str, NewCustomer] = {}
    for row in rows_:
        given = row.fields
        number = given.get("customer_number", "")
        if number and number not in customers and number not in missing:
            missing[number] = NewCustomer(
                number=number,
                name=given["customer_name"],
                kind=given.get("customer_kind", act.policy.customer_kinds[0]),
            )
    if missing:
        opened = await open_archives(list(missing.values()), act)
        customers |= dict(zip(missing, opened, strict=True))
