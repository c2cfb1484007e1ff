"""Background work by page: what runs when and how it went, what failed for good, what waits, and the log of each job."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import NAMESPACE_OID, UUID, uuid5

from litestar import Controller, Response, get
from litestar.di import Provide
from msgspec import Meta, Struct

from guibin.audit.actions import noted
from guibin.console import lists
from guibin.console.commands import Command, Commands
from guibin.console.forms import Choice
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Outcome, Shell
from guibin.context import Act
from guibin.policy.words import HourMinute
from guibin.web.listing import PageAsked
from guibin_tenants.principals import may, sees_all
from guibin_tenants.refusals import NotFound
from guibin_tenants.rows import read

from . import commands, kinds, queries, ticks
from .queries import JobFilter, JobView
from .ticks import RhythmChange, RhythmView

READ, WRITE = may("jobs:read") & sees_all, may("jobs:write") & sees_all
PATH, NAME = f"{PREFIX}/jobs", "jobs"
ENTRIES = (Entry(title=f"{NAME}.title", path=PATH, icon="clock-cog", needs=READ, group="govern", order=85),)
STATES = ("running", "ready", "retrying", "scheduled", "paused", "dead", "completed", "cancelled")
Weekday = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


class Moved(Struct, frozen=True, kw_only=True):
    """When something recurs, as a form: `at` for days, `weekday` and `month_day` for weeks and months, `hours` for hours."""

    how: Literal["daily", "weekly", "monthly", "hours"]
    at: HourMinute = "08:00"
    weekday: Weekday = "Mon"
    month_day: Annotated[int, Meta(ge=1, le=28)] = 1
    hours: Annotated[int, Meta(ge=1, le=24)] = 1

    @property
    def every(self) -> str:
        """As the timetable writes it."""
        return {
            "daily": f"daily {self.at}",
            "weekly": f"weekly {self.weekday} {self.at}",
            "monthly": f"monthly {self.month_day} {self.at}",
            "hours": f"hours {self.hours}",
        }[self.how]


class Last(Struct, frozen=True):
    """How the latest tick of a rhythm went: `outcome` None while it has not ended."""

    name: str
    job_id: UUID
    tick_at: datetime
    outcome: str | None


def named(kind: str, shell: Shell) -> str:
    """What a kind is called; a pack's that brings no words by its own name."""
    key = f"{NAME}.kind.{kind}"
    return shell.says(key) if shell.studio.words.has(key) else kind.replace("_", " ")


async def pausable(shell: Shell) -> Sequence[Choice]:
    """Every kind that can wait by itself, by what it is called."""
    return sorted(
        (Choice(each.kind, named(each.kind, shell)) for each in kinds.all_handlers()), key=lambda one: one.text
    )


def id_of(name: str) -> UUID:
    """By what a rhythm is addressed on pages."""
    return uuid5(NAMESPACE_OID, f"rhythm/{name}")


def every_said(every: str, shell: Shell) -> str:
    """每天 8:00, 每周一 9:00, 每月 1 日 8:00, 每 2 小时."""
    how, *rest = every.split()
    if how in ("hours", "minutes"):
        return shell.says(f"{NAME}.every.{how}", count=rest[0])
    at = rest[-1].removeprefix("0")
    if how == "weekly":
        return shell.says(f"{NAME}.every.weekly", day=shell.says(f"{NAME}.weekday.{rest[0]}"), at=at)
    return shell.says(f"{NAME}.every.{how}", at=at, **({"day": rest[0]} if how == "monthly" else {}))


async def switch_off(rhythm_id: UUID, act: Act) -> None:
    """It recurs no more. Raises NotFound."""
    await _change(rhythm_id, RhythmChange(off=True), act)


async def switch_on(rhythm_id: UUID, act: Act) -> None:
    """It recurs again, as usual. Raises NotFound."""
    await _change(rhythm_id, RhythmChange(), act)


async def move(rhythm_id: UUID, new: Moved, act: Act) -> None:
    """It recurs otherwise. Raises NotFound."""
    await _change(rhythm_id, RhythmChange(every=new.every), act)


async def run(rhythm_id: UUID, act: Act) -> UUID | None:
    """Do it once now; None when it is on its way already. Raises NotFound."""
    name = _named(rhythm_id)
    await noted("timetable.run", act, subject="timetable", purpose=name, shown=0)
    return await ticks.run_now(name, ticks.RHYTHMS(), act.company, now=act.now)


async def _change(rhythm_id: UUID, new: RhythmChange, act: Act) -> None:
    name = _named(rhythm_id)
    await ticks.change(name, new, ticks.RHYTHMS(), act)
    await noted("timetable.change", act, subject="timetable", purpose=name, shown=0)


def _named(rhythm_id: UUID) -> str:
    found = next((rhythm.name for rhythm in ticks.RHYTHMS() if id_of(rhythm.name) == rhythm_id), None)
    if found is None:
        raise NotFound("There is no such recurring job")
    return found


async def _present(shell: Shell, rhythm_id: UUID) -> Mapping[str, str]:
    view = next(each for each in await _views(shell.act) if each.name == _named(rhythm_id))
    how, *rest = view.every.split()
    if how == "hours":
        return {"how": how, "hours": rest[0]}
    own = {"weekly": "weekday", "monthly": "month_day"}.get(how)
    return {"how": how, "at": rest[-1], **({own: rest[0]} if own else {})}


async def _started(done: Sequence[UUID | None], shell: Shell) -> Outcome:
    return Outcome(shell.says(f"{NAME}.{'started' if done[0] else 'on_its_way'}"))


async def _views(act: Act) -> list[RhythmView]:
    return await ticks.shown(ticks.RHYTHMS(), act.company, now=act.now)


RECURRING = Commands(
    NAME,
    "rhythm_id",
    f"{PATH}/timetable",
    Command(name="run", action=run, tells=_started),
    Command(name="move", action=move, given=_present),
    Command(name="switch_off", action=switch_off),
    Command(name="switch_on", action=switch_on),
    needs=WRITE,
)
PAUSES = Commands(
    NAME,
    "pause_id",
    f"{PATH}/pauses",
    Command(name="pause", action=commands.pause, choices={"kind": pausable}, danger=True),
    Command(name="resume", action=commands.resume),
    needs=WRITE,
)
JOBS = Commands(
    NAME,
    "job_id",
    PATH,
    Command(name="retry", action=commands.retry),
    Command(name="cancel", action=commands.cancel, danger=True),
    needs=WRITE,
)


async def latest() -> dict[str, Last]:
    """The latest tick of each rhythm that had a job."""
    found = await read(
        Last,
        "select distinct on (t.name) t.name, t.job_id, t.tick_at, j.outcome from rhythm_tick t"
        " join job j on j.tenant_id = t.tenant_id and j.id = t.job_id order by t.name, t.tick_at desc",
    )
    return {last.name: last for last in found}


def offered(job: JobView) -> tuple[str, ...]:
    """What can be done to it now."""
    waits = job.state not in ("running", "completed", "dead", "cancelled")
    return (*(("retry",) if waits or job.state in ("dead", "cancelled") else ()), *(("cancel",) if waits else ()))


class JobScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ)
    async def timetable(self, shell: Shell) -> Response[str]:
        dead = await queries.LISTED.page(JobFilter(state="dead"), PageAsked(20), shell.act)
        return shell.page(
            "jobs/timetable.html",
            rhythms=await _views(shell.act),
            last=await latest(),
            dead=dead,
            pauses=await queries.pauses(),
            of_rhythm=lambda name, command: RECURRING.address(id_of(name), command),
            recurring=RECURRING.known,
            of_pause=PAUSES.address,
            pausing=PAUSES.known,
            **self._said(shell),
        )

    @get("/log", needs=READ, dependencies={"filters": lists.asks(JobFilter), "page": Provide(lists.page_asked)})
    async def log(self, shell: Shell, filters: JobFilter, page: PageAsked) -> Response[str]:
        found = await queries.LISTED.page(filters, page, shell.act)
        return shell.page("jobs/log.html", found=found, asked=filters, states=STATES, **self._said(shell))

    @get("/{job_id:uuid}", needs=READ)
    async def job(self, job_id: UUID, shell: Shell) -> Response[str]:
        found = await queries.by_id(job_id, now=shell.act.now)
        return shell.page(
            "jobs/job.html", found=found, commands=JOBS.allowed(shell, *offered(found.job)), **self._said(shell)
        )

    def _said(self, shell: Shell) -> dict[str, Any]:
        return {
            "every_said": lambda every: every_said(every, shell),
            "of_job": JOBS.address,
            "jobs": JOBS.known,
            "writes": WRITE(shell.act.by),
        }

    ask_rhythm, do_rhythm = RECURRING.handlers("/timetable/{rhythm_id:uuid}", needs=WRITE)
    ask_pause, do_pause = PAUSES.handlers("/pauses/{pause_id:uuid}", needs=WRITE)
    ask_job, do_job = JOBS.handlers("/{job_id:uuid}", needs=WRITE)
