"""`guibin timetable`: a company's recurring jobs, seen, switched, moved and started."""

import asyncio
from typing import Annotated
from uuid import UUID

from cyclopts import App, Parameter

from guibin import timetable
from guibin.audit.actions import AuditNote, record
from guibin.jobs import ticks
from guibin.jobs.ticks import RhythmChange, RhythmView

from . import environment
from .output import as_json, as_table, out
from .tenants import Json

app = App(name="timetable", help="Show, change and start a company's recurring jobs.")
Every = Annotated[str, Parameter(help="Such as `daily 08:00`, `weekly Mon 09:00`, `monthly 1 08:00`, `minutes 5`.")]


@app.command
def show(slug: str, *, json: Json = False) -> None:
    """Every recurring job, the next to run first; times are the company's own."""
    found = asyncio.run(_shown(slug))
    if json:
        as_json(found)
        return
    rows = [
        (one.name, one.every, "" if one.every == one.usual else one.usual, one.catch_up, one.next_at or "off")
        for one in found
    ]
    as_table(("name", "every", "usually", "catches up", "next"), rows, empty="No recurring job")


@app.command
def move(slug: str, name: str, every: Every) -> None:
    """Let it recur otherwise."""
    asyncio.run(_changed(slug, name, RhythmChange(every=every)))
    out.print(f"{name} of {slug} recurs {every}.")


@app.command
def off(slug: str, name: str) -> None:
    """Switch it off."""
    asyncio.run(_changed(slug, name, RhythmChange(off=True)))
    out.print(f"{name} of {slug} is off.")


@app.command
def on(slug: str, name: str) -> None:
    """Switch it on again, at its usual rhythm."""
    asyncio.run(_changed(slug, name, RhythmChange()))
    out.print(f"{name} of {slug} recurs as usual.")


@app.command
def run(slug: str, name: str) -> None:
    """Do it once now, beside its rhythm."""
    job_id = asyncio.run(_run(slug, name))
    out.print(f"Job {job_id} does it now." if job_id else "It is on its way already.")


async def _shown(slug: str) -> list[RhythmView]:
    async with environment.inside(slug) as session:
        now = session.act.now
        return await ticks.shown(timetable.everything(session.packs), session.act.company, now=now)


async def _changed(slug: str, name: str, new: RhythmChange) -> None:
    async with environment.inside(slug) as session:
        await ticks.change(name, new, timetable.everything(session.packs), session.act.company)
        note = AuditNote(action="timetable.change", subject="timetable", purpose=name, shown=0)
        await record(note, session.act)


async def _run(slug: str, name: str) -> UUID | None:
    async with environment.inside(slug) as session:
        now, company = session.act.now, session.act.company
        note = AuditNote(action="timetable.run", subject="timetable", purpose=name, shown=0)
        await record(note, session.act)
        return await ticks.run_now(name, timetable.everything(session.packs), company, now=now)
