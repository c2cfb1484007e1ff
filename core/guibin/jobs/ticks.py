"""The timetable of the tenant whose scope is open: which ticks have come, each written down exactly once."""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from guibin.context import Act, Company
from guibin.periods.rhythms import BadRhythm, CatchUp, Rhythm, check, due, following
from guibin.policy.words import CodeIfAny
from guibin_tenants import settings
from guibin_tenants.above import FromAbove
from guibin_tenants.refusals import Invalid, NotFound
from guibin_tenants.scope import current_tenant, execute, fetch, fetch_value

from .actions import NewJob, write
from .kinds import kind_of

SETTING = "timetable"
# Those of the core and of every pack that is installed.
RHYTHMS: FromAbove[Sequence[Rhythm]] = FromAbove("the timetable")


class RhythmChange(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a tenant changed about a rhythm: switched off, or moved to another `every`."""

    off: bool = False
    every: CodeIfAny = ""


class RhythmView(Struct, frozen=True, kw_only=True):
    """A recurring job as its company has it. `usual` is the product's own rhythm; `next_at` None while it is off."""

    name: str
    every: str
    usual: str
    catch_up: CatchUp
    off: bool
    next_at: datetime | None


async def shown(rhythms: Sequence[Rhythm], company: Company, *, now: datetime) -> list[RhythmView]:
    """The company's recurring jobs, the next to run first."""
    changed = await changes()
    views = []
    for rhythm in _of(rhythms, company):
        own = changed.get(rhythm.name, RhythmChange())
        every = own.every or rhythm.every
        views.append(
            RhythmView(
                name=rhythm.name,
                every=every,
                usual=rhythm.every,
                catch_up=rhythm.catch_up,
                off=own.off,
                next_at=None if own.off else following(every, now, company.time_zone),
            )
        )
    return sorted(views, key=lambda view: (view.next_at is None, view.next_at or now, view.name))


async def change(name: str, new: RhythmChange, rhythms: Sequence[Rhythm], act: Act) -> None:
    """Switch or move one. Raises NotFound for an unknown name, Invalid for what is no rhythm."""
    _named(name, rhythms, act.company)
    if new.every:
        try:
            check(new.every)
        except BadRhythm as error:
            raise Invalid.at("every", str(error), value=new.every) from None
    await settings.merge(SETTING, {name: new})
    await look_again(now=act.now)


async def run_now(name: str, rhythms: Sequence[Rhythm], company: Company, *, now: datetime) -> UUID | None:
    """Do it once now, beside its rhythm: at most once a minute. The job's id, None when it is on its way already."""
    rhythm = _named(name, rhythms, company)
    minute = now.astimezone(UTC).replace(second=0, microsecond=0)
    job = NewJob(
        kind=kind_of(type(rhythm.payload)),
        payload=msgspec.json.encode(rhythm.payload),
        unique_key=f"rhythm/{name}/by-hand/{minute.isoformat()}",
    )
    return next(iter(await write([job], now=now)), None)


async def changes() -> dict[str, RhythmChange]:
    """The tenant's changes, by the rhythm's name."""
    return await settings.read(SETTING, dict[str, RhythmChange], {})


async def tick(rhythms: Sequence[Rhythm], company: Company, *, since: datetime, now: datetime) -> int:
    """Write every tick that has come, with its job; how many jobs. `since` is where a new rhythm begins to count.

    Another scheduler that does the same at the same moment finds the jobs' keys taken and writes nothing.
    """
    return (await _ticked(rhythms, company, since=since, now=now))[0]


async def _ticked(
    rhythms: Sequence[Rhythm], company: Company, *, since: datetime, now: datetime
) -> tuple[int, datetime | None]:
    """How many jobs were written for what has come, and when the next tick comes."""
    written, ahead = 0, []
    for rhythm, counted in await _running(rhythms, company, since):
        found = due(rhythm, rhythm.every, since=counted, now=now, time_zone=company.time_zone)
        for moment, runs in found:
            written += await _write(rhythm, moment, runs, now)
        ahead.append(following(rhythm.every, found[-1][0] if found else counted, company.time_zone))
    return written, min(ahead, default=None)


def known_as(rhythms: Sequence[Rhythm]) -> str:
    """One name for these rhythms: another release, or other packs, has another."""
    return sha256(msgspec.json.encode([(r.name, r.every, r.catch_up, r.pack) for r in rhythms])).hexdigest()


async def look(rhythms: Sequence[Rhythm], company: Company, *, since: datetime, now: datetime) -> int:
    """`tick`, and write down when there is something to look for again; how many jobs. Nothing while another one looks."""
    if not await _alone():
        return 0
    written, next_at = await _ticked(rhythms, company, since=since, now=now)
    await execute("update timetable_look set next_at = $1, known = $2", next_at, known_as(rhythms))
    return written


async def look_again(*, now: datetime) -> None:
    """Have the timetable looked at as soon as this commits, for what recurs or when has changed."""
    await execute(
        f"{_LOOK} on conflict (tenant_id, id) do update set next_at = excluded.next_at", current_tenant(), now, ""
    )


async def _alone() -> bool:
    """Whether nobody else looks at the company's timetable or changes it; nobody does until this commits."""
    if await fetch_value("select true from timetable_look for update skip locked"):
        return True
    if await fetch_value("select true from timetable_look"):
        return False
    first = f"{_LOOK} on conflict (tenant_id, id) do nothing returning true"
    return bool(await fetch_value(first, current_tenant(), None, ""))


_LOOK = "insert into timetable_look (id, next_at, known) values ($1, $2, $3)"


async def next_tick(rhythms: Sequence[Rhythm], company: Company, *, since: datetime) -> datetime | None:
    """The moment of the next tick not written down yet; None when the company has no rhythm."""
    running = await _running(rhythms, company, since)
    return min((following(rhythm.every, counted, company.time_zone) for rhythm, counted in running), default=None)


async def _running(rhythms: Sequence[Rhythm], company: Company, since: datetime) -> list[tuple[Rhythm, datetime]]:
    """Those that are on, each at the company's own times, and up to where it has been dealt with."""
    known, changed = _of(rhythms, company), await changes()
    counted = await _counted(known, since)
    own = [(rhythm, changed.get(rhythm.name, RhythmChange())) for rhythm in known]
    return [(replace(r, every=new.every or r.every), counted[r.name]) for r, new in own if not new.off]


async def _counted(rhythms: Sequence[Rhythm], since: datetime) -> dict[str, datetime]:
    """Up to where each rhythm has been dealt with; one never seen begins at `since`, and that is written down."""
    # The latest of each by its key: a year has thousands of ticks.
    rows = await fetch(
        "select n.name, (select max(t.tick_at) from rhythm_tick t where t.name = n.name) as tick_at"
        " from unnest($1::text[]) as n (name)",
        [rhythm.name for rhythm in rhythms],
    )
    counted: dict[str, datetime] = {row["name"]: row["tick_at"] for row in rows if row["tick_at"] is not None}
    for rhythm in rhythms:
        if rhythm.name not in counted:
            counted[rhythm.name] = since
            await _mark(rhythm.name, since, None)
    return counted


async def _write(rhythm: Rhythm, moment: datetime, runs: bool, now: datetime) -> int:
    if not runs:
        await _mark(rhythm.name, moment, None)
        return 0
    job = NewJob(
        kind=kind_of(type(rhythm.payload)),
        payload=msgspec.json.encode(rhythm.payload),
        run_at=moment,
        unique_key=f"rhythm/{rhythm.name}/{moment.astimezone(UTC).isoformat()}",
    )
    written = await write([job], now=now)
    for job_id in written:
        await _mark(rhythm.name, moment, job_id)
    return len(written)


async def _mark(name: str, moment: datetime, job_id: object) -> None:
    await execute(
        "insert into rhythm_tick (id, name, tick_at, job_id) values (gen_random_uuid(), $1, $2, $3)"
        " on conflict (tenant_id, name, tick_at) do nothing",
        name,
        moment,
        job_id,
    )


def _named(name: str, rhythms: Sequence[Rhythm], company: Company) -> Rhythm:
    for rhythm in _of(rhythms, company):
        if rhythm.name == name:
            return rhythm
    known = ", ".join(sorted(rhythm.name for rhythm in _of(rhythms, company)))
    raise NotFound(f"There is no recurring job {name!r}; there are {known}")


def _of(rhythms: Sequence[Rhythm], company: Company) -> list[Rhythm]:
    return [rhythm for rhythm in rhythms if not rhythm.pack or rhythm.pack in company.packs]
