"""`guibin timetable`: a company's recurring jobs, seen, switched, moved and started."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from guibin.audit.actions import noted
from guibin.jobs import ticks
from guibin.jobs.ticks import RhythmChange

from . import environment
from .environment import Session
from .output import Json, answer_table, out

if TYPE_CHECKING:
    from guibin.periods.rhythms import Rhythm

app = App(name="timetable", help="Show, change and start a company's recurring jobs.")
Every = Annotated[str, Parameter(help="Such as `daily 08:00`, `weekly Mon 09:00`, `monthly 1 08:00`, `minutes 5`.")]


@app.command
async def show(slug: str, *, json: Json = False) -> None:
    """Every recurring job, the next to run first; times are the company's own."""
    async with environment.inside(slug) as session:
        act = session.act
        found = await ticks.shown(_everything(session), act.company, now=act.now)
    rows = [
        (one.name, one.every, "" if one.every == one.usual else one.usual, one.catch_up, one.next_at or "off")
        for one in found
    ]
    heads = ("name", "every", "usually", "catches up", "next")
    answer_table(found, heads, rows, empty="No recurring job", json=json)


@app.command
async def move(slug: str, name: str, every: Every) -> None:
    """Let it recur otherwise."""
    await _change(slug, name, RhythmChange(every=every))
    out.print(f"{name} of {slug} recurs {every}.")


@app.command
async def off(slug: str, name: str) -> None:
    """Switch it off."""
    await _change(slug, name, RhythmChange(off=True))
    out.print(f"{name} of {slug} is off.")


@app.command
async def on(slug: str, name: str) -> None:
    """Switch it on again, at its usual rhythm."""
    await _change(slug, name, RhythmChange())
    out.print(f"{name} of {slug} recurs as usual.")


@app.command
async def run(slug: str, name: str) -> None:
    """Do it once now, beside its rhythm."""
    async with environment.inside(slug) as session:
        act = session.act
        await noted("timetable.run", act, subject="timetable", purpose=name, shown=0)
        job_id = await ticks.run_now(name, _everything(session), act.company, now=act.now)
    out.print(f"Job {job_id} does it now." if job_id else "It is on its way already.")


async def _change(slug: str, name: str, new: RhythmChange) -> None:
    async with environment.inside(slug) as session:
        await ticks.change(name, new, _everything(session), session.act)
        await noted("timetable.change", session.act, subject="timetable", purpose=name, shown=0)


def _everything(session: Session) -> "tuple[Rhythm, ...]":
    # Whoever only asks what the command takes does not wait for every slice's jobs.
    from guibin import timetable

    return timetable.everything(session.packs)
