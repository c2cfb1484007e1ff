"""Exporting complaints: the file imports again as it is; what the company has already stays as it is."""

from pathlib import Path

from guibin.audit.actions import exported
from guibin.context import Act
from guibin.profiles.queries import customer_of
from guibin.spreadsheets.requests import portable, told
from guibin.spreadsheets.writing import write
from guibin_tenants.scope import fetch

from .requests import NewComplaint

# The source of what was taken in here: its number is the complaint's own.
OWN_SOURCE = "guibin"
# What was said when it came in: the columns of the table by the same names.
SAID = portable(NewComplaint)
COMPLAINT_COLUMNS = ("source", "source_number", "customer_number", "state", "status", *SAID)
# Every complaint by these columns: `status` is the state here, `state` closed or open.
HELD = (
    f"select {', '.join(f'k.{name}' for name in SAID)}, k.customer_id,"
    f" coalesce(k.source, '{OWN_SOURCE}') as source, coalesce(k.source_number, k.number) as source_number,"
    " coalesce(c.number, '') as customer_number,"
    " case when k.state in ('resolved', 'closed') then 'closed' else 'open' end as state,"
    " coalesce(nullif(k.source_status, ''), case when k.merged_into_id is null then k.state else 'merged' end)"
    f" as status from complaint k left {customer_of('c', 'k')}"
)


async def export_complaints(file: Path, act: Act) -> int:
    """Write every visible complaint by its moment."""
    found = await fetch(f"{HELD} where c.erased_at is null order by k.received_at, k.number")
    await exported("complaint", found, file, act)
    lines = ([told(row[name]) for name in COMPLAINT_COLUMNS] for row in found)
    return write(file, COMPLAINT_COLUMNS, lines, sheet="complaints")
