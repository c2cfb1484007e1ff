"""`guibin audit`: the confidentiality record."""

import sys

from cyclopts import App

from guibin.audit import queries
from guibin.audit.queries import AuditFilter
from guibin.web.listing import PageAsked

from . import environment
from .output import Limit, answer_table, as_json, out
from .tenants import Json

app = App(name="audit", help="Read and verify the confidentiality record.")


@app.command(name="list")
async def list_(slug: str, *, limit: Limit = 50, json: Json = False) -> None:
    """Who looked at or changed whose file, newest first."""
    async with environment.inside(slug) as session:
        found = (await queries.entries(AuditFilter(), PageAsked(limit=limit), session.act)).items
    rows = [(e.happened_at.isoformat(), e.actor_name, e.title, e.subject_id or "", e.shown, e.purpose) for e in found]
    heads = ("when", "who", "what", "whose", "rows", "purpose")
    answer_table(found, heads, rows, empty="Nothing on record", json=json)


@app.command
async def verify(slug: str, *, json: Json = False) -> None:
    """Check that the application cannot change the record and every entry is well formed; exit code 1 otherwise."""
    async with environment.inside(slug):
        found = list(await queries.findings())
    if json:
        as_json({"findings": found})
    else:
        sound = "The record is append-only for the application and every entry is well formed."
        out.print("\n".join(found) or sound, markup=False)
    if found:
        sys.exit(1)
