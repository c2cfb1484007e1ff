"""`guibin audit`: the confidentiality record."""

import asyncio
from typing import Annotated

from cyclopts import App, Parameter

from guibin.audit import queries
from guibin.audit.queries import AuditEntryView, AuditFilter

from . import environment
from .output import as_json, as_table, out
from .tenants import Json

app = App(name="audit", help="Read and verify the confidentiality record.")


@app.command(name="list")
def list_(
    slug: str, *, limit: Annotated[int, Parameter(help="How many, newest first.")] = 50, json: Json = False
) -> None:
    """Who looked at or changed whose file, newest first."""
    found = asyncio.run(_entries(slug, limit))
    if json:
        as_json(found)
        return
    rows = [(e.happened_at.isoformat(), e.actor_name, e.action, e.subject_id or "", e.shown, e.purpose) for e in found]
    as_table(("when", "who", "what", "whose", "rows", "purpose"), rows, empty="Nothing on record")


@app.command
def verify(slug: str) -> None:
    """Check that the record cannot be changed by the application and has no hole in its order."""
    found = asyncio.run(_verify(slug))
    out.print(found)


async def _entries(slug: str, limit: int) -> list[AuditEntryView]:
    async with environment.inside(slug):
        return await queries.entries(AuditFilter(), after=None, limit=limit)


async def _verify(slug: str) -> str:
    async with environment.inside(slug):
        findings = await queries.findings()
    if findings:
        return "\n".join(findings)
    return "The record is append-only for the application and every entry is well formed."
