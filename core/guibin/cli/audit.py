"""`guibin audit`: the confidentiality record."""

import asyncio
import sys

from cyclopts import App

from guibin.audit import queries
from guibin.audit.queries import AuditEntryView, AuditFilter
from guibin.web.listing import PageAsked

from . import environment
from .output import Limit, as_json, as_table, out
from .tenants import Json

app = App(name="audit", help="Read and verify the confidentiality record.")


@app.command(name="list")
def list_(slug: str, *, limit: Limit = 50, json: Json = False) -> None:
    """Who looked at or changed whose file, newest first."""
    found = asyncio.run(_entries(slug, limit))
    if json:
        as_json(found)
        return
    rows = [(e.happened_at.isoformat(), e.actor_name, e.action, e.subject_id or "", e.shown, e.purpose) for e in found]
    as_table(("when", "who", "what", "whose", "rows", "purpose"), rows, empty="Nothing on record")


@app.command
def verify(slug: str, *, json: Json = False) -> None:
    """Check that the application cannot change the record and every entry is well formed; exit code 1 otherwise."""
    found = asyncio.run(_verify(slug))
    if json:
        as_json({"findings": found})
    else:
        sound = "The record is append-only for the application and every entry is well formed."
        out.print("\n".join(found) or sound, markup=False)
    if found:
        sys.exit(1)


async def _entries(slug: str, limit: int) -> list[AuditEntryView]:
    async with environment.inside(slug) as session:
        return (await queries.LISTED.page(AuditFilter(), PageAsked(limit=limit), session.act)).items


async def _verify(slug: str) -> list[str]:
    async with environment.inside(slug):
        return list(await queries.findings())
