"""Importing facts from a table: whole or not at all, again and again with the same result.

A row is one fact (`metric` and `value`), or several: a field that is called as a metric is that metric's value. Money is a
decimal amount in the metric's currency. A blank value is no fact.
"""

from collections.abc import Iterator
from collections.abc import Mapping as Table
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from uuid import UUID

import msgspec

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.notation.plausible import RULE, day_in, is_plausible
from guibin.notation.spelling import line
from guibin.periods.days import local_day
from guibin.policy.money import Money, NotMoney, to_minor
from guibin.profiles.queries import ended_archives, ids_by_number
from guibin.spreadsheets.importing import Imported, Progress, Sheet, no_progress, packed, problem, unpacked
from guibin.spreadsheets.mapping import Mapping, refuse_unknown
from guibin.spreadsheets.reading import Fields, Row, RowProblem

from .facts import (
    LABEL_CHARS_MAX,
    LEFT_RULE,
    REFERENCE_CHARS_MAX,
    SOURCE_CHARS_MAX,
    VALUE_MAX,
    NewFact,
    count_new,
    follow,
    means_something,
    units_of,
    write_facts,
)
from .merchants import codes

BATCH_ROWS = 5_000
_SOURCE = "import"
_FIELDS = Fields(
    words=frozenset({"source", "source_ref", "label", "merchant"}), codes=frozenset({"customer_number", "merchant"})
)
_OWN = frozenset({"customer_number", "metric", "value", "occurred_on", "source", "source_ref", "label", "merchant"})


async def import_facts(
    file: Path, mapping: Mapping, act: Act, *, dry_run: bool = False, progress: Progress = no_progress
) -> Imported:
    """Record the facts of a table. Raises BadRows with everything wrong, or Invalid for an unreadable file.

    Rows of one customer, metric and day without a `source_ref` are told apart by their order. A file sent again changes
    nothing; a value that differs becomes a correction.
    """
    customers = await ids_by_number()
    today = local_day(act.now, mapping.time_zone)
    reader = _Reader(
        _Known(customers, await ended_archives(closed=False), units_of(act.policy), await codes()),
        mapping.time_zone,
        today,
    )
    fields = msgspec.structs.replace(_FIELDS, known=_OWN | set(reader.units))
    refuse_unknown(mapping, fields.known)
    total, checked = _check(Sheet(file, mapping, fields, BATCH_ROWS, progress), reader)
    recorded = corrected = known = 0
    for batch in checked:
        write = count_new if dry_run else write_facts
        facts = unpacked(batch, NewFact)
        done = await write(facts, units=reader.units, now=act.now)
        if not dry_run:
            await follow(facts, act)
        recorded, corrected, known = recorded + done.recorded, corrected + done.corrected, known + done.unchanged
        progress("written", recorded + corrected + known)
    if not dry_run:
        await noted("fact.import", act, subject="fact", shown=total, purpose=file.name)
    return Imported(total, recorded, corrected, known, dry_run=dry_run, what="facts")


class _Known(msgspec.Struct, frozen=True):
    """What rows may name: customers by number, archives that ended with why, metrics with their unit, merchants' codes."""

    customers: Table[str, UUID]
    ended: Table[str, str]
    units: Table[str, str]
    merchants: frozenset[str]


class _Reader:
    """Turns rows into facts; remembers which it has seen, so that a duplicate in one file is found."""

    def __init__(self, known: "_Known", time_zone: str, today: date) -> None:
        self.customers = known.customers
        self.ended = known.ended
        self.units = known.units
        self.merchants = known.merchants
        self._time_zone = time_zone
        self._today = today
        self._seen: dict[tuple[UUID, str, date, str, str], int] = {}

    def facts(self, row: Row) -> tuple[list[NewFact], list[RowProblem]]:
        """The facts of a row, and what is wrong with it."""
        given, wrong = row.fields, list(row.problems)
        wrong += [
            problem(row, name, given[name], f"longer than {most} characters")
            for name, most in (("source", SOURCE_CHARS_MAX), ("source_ref", REFERENCE_CHARS_MAX))
            if len(given.get(name, "")) > most
        ]
        number = given.get("customer_number", "")
        customer = self.customers.get(number)
        if customer is None or number in self.ended:
            wrong.append(problem(row, "customer_number", number, self.ended.get(number, "no customer has this number")))
        merchant = given.get("merchant", "")
        if merchant and merchant not in self.merchants:
            wrong.append(problem(row, "merchant", merchant, "no merchant of the register has this code"))
        day = self._day(row, wrong)
        facts = []
        for metric, column, text in self._values(row, wrong):
            value = self._value(row, column, metric, text, wrong)
            if customer is None or day is None or value is None:
                continue
            fact = NewFact(
                customer_id=customer,
                metric=metric,
                occurred_on=day,
                value=value,
                source=line(given.get("source", _SOURCE)),
                source_ref=line(given.get("source_ref", "")),
                label=line(given.get("label", ""))[:LABEL_CHARS_MAX],
                merchant=merchant if merchant in self.merchants else "",
            )
            facts += self._once(row, fact, wrong)
        return facts, wrong

    def _values(self, row: Row, wrong: list[RowProblem]) -> Iterator[tuple[str, str, str]]:
        given = row.fields
        metric = given.get("metric", "")
        if metric in self.units:
            yield metric, "value", given.get("value", "")
        elif metric or not self.units.keys() & given.keys():
            wrong.append(problem(row, "metric", metric, f"not one of: {', '.join(sorted(self.units))}"))
        for name in self.units.keys() & given.keys():
            yield name, name, given[name]

    def _value(self, row: Row, column: str, metric: str, text: str, wrong: list[RowProblem]) -> int | None:
        text = text.strip().replace(",", "").replace("，", "")
        if not text:
            return None
        unit = self.units[metric]
        try:
            if len(unit) == 3 and unit.isupper():
                return to_minor(Money(text, unit))
            number = Decimal(text)
        except NotMoney as error:
            wrong.append(problem(row, column, text, error.rule))
            return None
        except InvalidOperation:
            number = Decimal("nan")
        if not number.is_finite() or number != number.to_integral_value() or abs(number) > VALUE_MAX:
            wrong.append(problem(row, column, text, "not a whole number that fits"))
            return None
        if not means_something(metric, int(number)):
            wrong.append(problem(row, column, text, LEFT_RULE))
            return None
        return int(number)

    def _day(self, row: Row, wrong: list[RowProblem]) -> date | None:
        text = row.fields.get("occurred_on", "").strip()
        day = day_in(text)
        try:
            # A moment of the mapping is UTC: its day is the one in the mapping's zone.
            moment = None if day else datetime.fromisoformat(text)
            if moment:
                day = moment.date() if moment.tzinfo is None else local_day(moment, self._time_zone)
        except ValueError:
            pass
        if day is None:
            rule = "not a date such as 2026-02-28, the year with its four digits"
            wrong.append(problem(row, "occurred_on", text, rule))
            return None
        if not is_plausible(day):
            wrong.append(problem(row, "occurred_on", text, f"not {RULE}"))
            return None
        if day > self._today:
            wrong.append(problem(row, "occurred_on", text, f"after today, {self._today}"))
        return day

    def _once(self, row: Row, fact: NewFact, wrong: list[RowProblem]) -> list[NewFact]:
        number = self._seen[fact.key] = self._seen.get(fact.key, 0) + 1
        if number == 1:
            return [fact]
        if fact.source_ref:
            wrong.append(problem(row, "source_ref", fact.source_ref, "the same fact stands in an earlier row"))
            return []
        return [msgspec.structs.replace(fact, source_ref=f"#{number}")]


def _check(sheet: Sheet, reader: _Reader) -> tuple[int, list[bytes]]:
    """Every row, and the facts in them, packed: the file is read once, and little of it is kept. Raises BadRows."""
    problems: list[RowProblem] = []
    checked: list[bytes] = []
    total = 0
    for batch in sheet.checked(problems):
        facts: list[NewFact] = []
        for row in batch:
            read, wrong = reader.facts(row)
            facts += read
            problems += wrong
        if not problems:
            checked += [packed(facts[start : start + BATCH_ROWS]) for start in range(0, len(facts), BATCH_ROWS)]
        total += len(batch)
    return total, checked
