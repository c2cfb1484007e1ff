"""Exporting complaints: the file imports again as it is; what the company has already stays as it is."""

from pathlib import Path

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.notation.spelling import paragraph
from guibin.spreadsheets.writing import write
from guibin_tenants.principals import may, require
from guibin_tenants.scope import fetch

# The source of what was taken in here: its number is the complaint's own.
OWN_SOURCE = "guibin"
COMPLAINT_COLUMNS = (
    "source",
    "source_number",
    "customer_number",
    "channel",
    "level",
    "received_at",
    "state",
    "status",
    "on_behalf",
    "text",
)


async def export_complaints(file: Path, act: Act) -> int:
    """Write every visible complaint by its moment; `status` is the state here, `state` closed or open."""
    require(act.by, may("customers:export"))
    found = await fetch(
        "select k.*, c.number as customer_number from complaint k left join customer c"
        " on c.tenant_id = k.tenant_id and c.id = k.customer_id where c.erased_at is null"
        " order by k.received_at, k.number"
    )
    customers = tuple(dict.fromkeys(row["customer_id"] for row in found if row["customer_id"]))
    note = AuditNote(
        action="complaint.export", subject="complaint", customer_ids=customers, shown=len(found), purpose=file.name
    )
    await record(note, act)
    lines = (
        (
            row["source"] or OWN_SOURCE,
            row["source_number"] or row["number"],
            row["customer_number"] or "",
            row["channel"],
            row["level"],
            row["received_at"].isoformat(),
            "closed" if row["state"] in ("resolved", "closed") else "open",
            row["source_status"] or ("merged" if row["merged_into_id"] else row["state"]),
            "yes" if row["on_behalf"] else "no",
            paragraph(row["text"]),
        )
        for row in found
    )
    return write(file, COMPLAINT_COLUMNS, lines, sheet="complaints")
