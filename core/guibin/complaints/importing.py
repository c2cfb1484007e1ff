"""Importing complaints kept elsewhere: whole or not at all, the same number from the same source once."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec

from guibin.audit.actions import AuditNote, record
from guibin.context import Company
from guibin.packs import Hooks
from guibin.policy.packs import Policy
from guibin.profiles.actions import open_archives
from guibin.profiles.ended import ended_archives
from guibin.profiles.requests import NewCustomer
from guibin.spreadsheets.importing import PROBLEMS_MAX, BadRows, Imported, Progress, batches, no_progress, problem
from guibin.spreadsheets.mapping import Mapping, refuse_unknown
from guibin.spreadsheets.reading import Row, RowProblem, rows
from guibin_tenants.principals import Principal
from guibin_tenants.scope import fetch

from .exporting import OWN_SOURCE
from .intake import Origin, receive_all
from .requests import TEXT_CHARS_MAX, NewComplaint

BATCH_ROWS = 500
_YES = {"yes": True, "true": True, "是": True, "no": False, "false": False, "否": False, "": False}
_STATES = ("", "open", "closed")
_FIELDS = (
    *("source", "source_number", "text", "channel", "received_at", "level", "state", "status", "on_behalf"),
    *("customer_number", "customer_name", "customer_kind"),
)


async def import_complaints(
    file: Path,
    mapping: Mapping,
    *,
    policy: Policy,
    hooks: Hooks,
    company: Company,
    by: Principal,
    now: datetime,
    dry_run: bool = False,
    progress: Progress = no_progress,
) -> Imported:
    """Take in complaints with their own moments: source, source_number, text, channel, received_at, state, level …

    `customer_number` names the customer; with `customer_name` and `customer_kind` an unknown one gets an archive.
    `state` closed means that the source had settled it, at a moment it does not tell: it has no clock. A moment after
    the company's clock is kept: its deadline starts then. Raises BadRows or Invalid; then nothing is written.
    """
    refuse_unknown(mapping, _FIELDS)
    customers = {row["number"]: row["id"] for row in await fetch("select number, id from customer")}
    known = {
        (row["source"], row["source_number"])
        for row in await fetch(
            "select coalesce(source, $1) as source, coalesce(source_number, number) as source_number from complaint",
            OWN_SOURCE,
        )
    }
    total = _check(file, mapping, policy, set(customers), await ended_archives(closed=False))
    created = unchanged = 0
    for batch in () if dry_run else batches(rows(file, mapping), BATCH_ROWS):
        fresh = [row for row in batch if _key(row) not in known]
        await _open_missing(fresh, customers, policy=policy, by=by, now=now)
        several = [_complaint(row, policy, customers) for row in fresh]
        await receive_all(several, policy=policy, hooks=hooks, company=company, by=by, now=now)
        created, unchanged = created + len(fresh), unchanged + len(batch) - len(fresh)
        progress("taken in", created)
    if dry_run:
        fresh_count = sum(_key(row) not in known for row in rows(file, mapping))
        return Imported(total, fresh_count, 0, total - fresh_count, dry_run=True)
    note = AuditNote(action="complaint.import", subject="complaint", shown=total, purpose=file.name)
    await record(note, by=by, now=now)
    return Imported(total, created, 0, unchanged)


def _check(file: Path, mapping: Mapping, policy: Policy, customers: set[str], ended: dict[str, str]) -> int:
    problems: list[RowProblem] = []
    seen: dict[str, int] = {}
    total = 0
    for row in rows(file, mapping):
        total += 1
        number = row.fields.get("source_number", "")
        _, wrong = _read(row, policy, None)
        problems += [*row.problems, *wrong]
        if not number:
            problems.append(problem(row, "source_number", "", "required"))
        elif number in seen:
            problems.append(problem(row, "source_number", number, f"the same number stands in row {seen[number]}"))
        seen.setdefault(number, row.number)
        customer = row.fields.get("customer_number", "")
        if customer and customer not in customers and not row.fields.get("customer_name"):
            problems.append(problem(row, "customer_number", customer, "no customer has this number"))
        if customer in ended:
            problems.append(problem(row, "customer_number", customer, ended[customer]))
        if row.fields.get("customer_kind", policy.customer_kinds[0]) not in policy.customer_kinds:
            rule = f"not one of: {', '.join(policy.customer_kinds)}"
            problems.append(problem(row, "customer_kind", row.fields["customer_kind"], rule))
        if len(problems) > PROBLEMS_MAX:
            break
    if problems:
        raise BadRows(problems, total)
    return total


def _read(row: Row, policy: Policy, customer_id: UUID | None) -> tuple[NewComplaint | None, list[RowProblem]]:
    given = row.fields
    wrong: list[RowProblem] = []
    if given.get("channel", "") not in policy.complaints.channels:
        rule = f"not one of: {', '.join(policy.complaints.channels)}"
        wrong.append(problem(row, "channel", given.get("channel", ""), rule))
    if given.get("level") and policy.complaints.level(given["level"]) is None:
        wrong.append(problem(row, "level", given["level"], "not a level of the complaint policy"))
    if given.get("state", "") not in _STATES:
        wrong.append(problem(row, "state", given["state"], "not open or closed"))
    if given.get("on_behalf", "").lower() not in _YES:
        wrong.append(problem(row, "on_behalf", given["on_behalf"], "not yes or no"))
    text = given.get("text", "")
    if not text or len(text) > TEXT_CHARS_MAX:
        wrong.append(problem(row, "text", text[:40], f"1 to {TEXT_CHARS_MAX} characters"))
    try:
        received_at = msgspec.convert(given.get("received_at", ""), datetime)
        if received_at.tzinfo is None:
            raise ValueError
    except (msgspec.ValidationError, ValueError):
        # A moment the mapping could not read is reported by the mapping.
        if "received_at" in given:
            wrong.append(problem(row, "received_at", given["received_at"], "not a moment with an offset"))
        elif not row.problems:
            wrong.append(problem(row, "received_at", "", "required"))
        return None, wrong
    if wrong:
        return None, wrong
    complaint = NewComplaint(
        text=text,
        channel=given["channel"],
        customer_id=customer_id,
        level=given.get("level") or None,
        received_at=received_at,
        on_behalf=_YES[given.get("on_behalf", "").lower()],
    )
    return complaint, wrong


def _key(row: Row) -> tuple[str, str]:
    return row.fields.get("source", "import"), row.fields["source_number"]


def _complaint(row: Row, policy: Policy, customers: dict[str, UUID]) -> tuple[NewComplaint, Origin]:
    given = row.fields
    number = given.get("customer_number", "")
    new, _ = _read(row, policy, customers[number] if number else None)
    assert new is not None, row
    return new, Origin(*_key(row), given.get("status", ""), settled=given.get("state", "") == "closed")


async def _open_missing(
    rows_: Sequence[Row], customers: dict[str, UUID], *, policy: Policy, by: Principal, now: datetime
) -> None:
    """Open an archive for every customer that is named and not known; the first row that names one counts."""
    missing: dict[str, NewCustomer] = {}
    for row in rows_:
        given = row.fields
        number = given.get("customer_number", "")
        if number and number not in customers and number not in missing:
            missing[number] = NewCustomer(
                number=number,
                name=given["customer_name"],
                kind=given.get("customer_kind", policy.customer_kinds[0]),
            )
    if missing:
        opened = await open_archives(list(missing.values()), policy=policy, by=by, now=now)
        customers |= dict(zip(missing, opened, strict=True))
