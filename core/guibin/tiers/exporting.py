"""Exporting facts: the file imports again as it is, and changes nothing."""

from pathlib import Path
from typing import Any

from guibin.audit.actions import exported
from guibin.context import Act
from guibin.policy.money import from_minor
from guibin.profiles.queries import customer_of
from guibin.sealing.seeing import AMOUNTS, refuse_partly
from guibin.spreadsheets.writing import write
from guibin_tenants.scope import fetch

FACT_COLUMNS = ("customer_number", "metric", "occurred_on", "value", "source", "source_ref", "label", "merchant")


async def export_facts(file: Path, act: Act) -> int:
    """Write every visible fact as it is known now: corrected ones in their last form, those taken back not at all. Raises NotSeenWhole."""
    refuse_partly(AMOUNTS)
    facts = await fetch(
        f"select f.*, c.number from fact f {customer_of('c', 'f')}"
        " where c.erased_at is null and f.value is not null and not exists (select from fact n"
        " where n.tenant_id = f.tenant_id and n.corrects = f.id)"
        " order by c.number, f.metric, f.occurred_on, f.source, f.source_ref"
    )
    await exported("fact", facts, file, act)
    return write(file, FACT_COLUMNS, (_line(row) for row in facts), sheet="facts")


def _line(row: Any) -> tuple[str, ...]:
    unit, value = row["unit"], row["value"]
    amount = from_minor(value, unit).amount if len(unit) == 3 and unit.isupper() else str(value)
    day = row["occurred_on"].isoformat()
    return (row["number"], row["metric"], day, amount, row["source"], row["source_ref"], row["label"], row["merchant"])
