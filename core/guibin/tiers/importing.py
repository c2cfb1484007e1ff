"""Importing facts by customer number: customer_number, metric, occurred_on, value, source, source_ref."""

from datetime import date, datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from guibin.audit.actions import AuditNote, record
from guibin.policy.packs import Policy
from guibin.spreadsheets.importing import PROBLEMS_MAX, BadRows, Imported, Progress, no_progress, problem
from guibin.spreadsheets.mapping import Mapping
from guibin.spreadsheets.reading import Row, RowProblem, rows
from guibin_tenants.principals import Principal
from guibin_tenants.scope import fetch

from .facts import BATCH_MAX, NewFact, problems_of, record_facts, units_of


async def import_facts(
    file: Path,
    mapping: Mapping,
    *,
    policy: Policy,
    by: Principal,
    now: datetime,
    dry_run: bool = False,
    progress: Progress = no_progress,
) -> Imported:
    """Record facts; the same file again changes nothing. A currency's values are decimal amounts.

    Raises BadRows with everything wrong, or Invalid for an unreadable file; then nothing is written.
    """
    customers = {row["number"]: row["id"] for row in await fetch("select number, id from customer")}
    today = now.astimezone(ZoneInfo(mapping.time_zone)).date()
    units = units_of(policy)
    problems: list[RowProblem] = []
    total = 0
    for total, row in enumerate(rows(file, mapping), 1):
        problems += [*row.problems, *_read(row, customers, units, today)[1]]
        if len(problems) > PROBLEMS_MAX:
            break
    if problems:
        raise BadRows(problems, total)
    created = corrected = unchanged = 0
    if dry_run:
        return Imported(total, total, 0, dry_run=True)
    batch: list[NewFact] = []
    for row in (*rows(file, mapping), None):
        if row is not None:
            fact, _ = _read(row, customers, units, today)
            if fact is not None:
                batch.append(fact)
        if len(batch) == BATCH_MAX or (row is None and batch):
            done = await record_facts(batch, units=units, today=today, by=by, now=now)
            created, corrected, unchanged = created + done.recorded, corrected + done.corrected, unchanged + done.unchanged
            progress("written", created + corrected + unchanged)
            batch = []
    await record(AuditNote(action="fact.import", subject="fact", shown=total, purpose=file.name), by=by, now=now)
    return Imported(total, created, corrected, unchanged)


def _read(
    row: Row, customers: dict[str, UUID], units: dict[str, str], today: date
) -> tuple[NewFact | None, list[RowProblem]]:
    given = row.fields
    wrong: list[RowProblem] = []
    customer = customers.get(given.get("customer_number", ""))
    if customer is None:
        wrong.append(problem(row, "customer_number", given.get("customer_number", ""), "no customer has this number"))
    metric = given.get("metric", "")
    value = _value(given.get("value", ""), units.get(metric, ""))
    if value is None:
        wrong.append(problem(row, "value", given.get("value", ""), "not a number"))
    try:
        occurred_on = date.fromisoformat(given.get("occurred_on", "")[:10])
    except ValueError:
        wrong.append(problem(row, "occurred_on", given.get("occurred_on", ""), "not a date such as 2026-01-31"))
        return None, wrong
    if wrong or customer is None:
        return None, wrong
    fact = NewFact(
        customer_id=customer,
        metric=metric,
        occurred_on=occurred_on,
        value=value,
        source=given.get("source", "import"),
        source_ref=given.get("source_ref", ""),
    )
    errors = problems_of([fact], units=units, today=today)
    return fact, [problem(row, e.field.rpartition(".")[2], e.value or "", e.rule) for e in errors]


def _value(text: str, unit: str) -> int | None:
    plain = text.replace(",", "").strip()
    minor = len(unit) == 3 and unit.isupper()
    whole, _, fraction = plain.partition(".")
    digits = fraction.ljust(2, "0") if minor else fraction
    if not whole.lstrip("-").isdecimal() or (fraction and not fraction.isdecimal()):
        return None
    if (minor and len(digits) > 2) or (not minor and digits.strip("0")):
        return None
    return int(whole + digits) if minor else int(whole)
