"""Sharing out work among all tenants: the only code that looks across them, under a role that sees no payload.

The relay claims due jobs, one tenant as good as another, and hands their ids to the executor of its own process.
"""

import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin_tenants.database import CONNECTS_WITHIN_S, UNREACHABLE, Connection, UnsafeDatabase

# A worker is handed so many times what it does at once: one wave runs, one waits.
IN_HAND = 2


class Claimed(Struct, frozen=True):
    """A job to hand over: `attempt` are the attempts before, `at_once` how many of its company's may run together."""

    tenant_id: UUID
    job_id: UUID
    attempt: int
    at_once: int


class Depth(Struct, frozen=True):
    """How many jobs are in a state; for how many seconds the oldest has been."""

    state: str
    jobs: int
    oldest_s: float


class Serving(Struct, frozen=True):
    """A company whose jobs may run by real time, for the timetable."""

    tenant_id: UUID
    slug: str
    packs: tuple[str, ...]
    time_zone: str
    language: str
    created_at: datetime


# So many rows that are due are read to see whose they are; where there are more, every company is asked.
DUE_READ_MAX = 1_000

# Tenants come in random order, and only as many of them are looked at as there is room for. Each gets an equal share of
# the room, and never more in hand than twice what it may run at once: a tenant with a long queue cannot fill the
# workers. What is asked of each is a scalar: a join would lose their order, or read every job that is ready.
# $3 is the most to have in hand, $4 how many jobs the worker does at once, $5 the usual share of a tenant in percent.
_CLAIM = """
with held as materialized (
    select tenant_id, count(*) as jobs from job
    where handed_by = $2 and handed_at is not null and ended_at is null group by tenant_id
), room as materialized (
    select greatest($3::bigint - coalesce(sum(jobs), 0), 0)::bigint as jobs from held
), ready as materialized (
    select s.tenant_id, s.at_once, 2 * s.at_once - s.jobs as may_take
    from (
        select t.id as tenant_id, t.at_once,
            coalesce((select held.jobs from held where held.tenant_id = t.id), 0) as jobs
        from (
            select id, greatest($4::int * coalesce(job_share, $5::int) / 100, 1) as at_once
            from tenant where suspended_at is null and frozen_at is null and moving_to is null and not simulated and {among} order by random()
        ) t
    ) s
    where s.jobs < 2 * s.at_once and (
        select true from job j where j.tenant_id = s.tenant_id and j.ended_at is null and j.handed_at is null
            and j.held_at is null and j.run_at <= $1 limit 1
    )
    limit (select jobs from room)
), claimed as materialized (
    select j.tenant_id, j.id, ready.at_once from ready cross join lateral (
        select tenant_id, id from job
        where tenant_id = ready.tenant_id and ended_at is null and handed_at is null and held_at is null
            and run_at <= $1
        order by priority desc, run_at, id
        limit least(greatest((select jobs from room) / (select count(*) from ready), 1), ready.may_take)
        for update skip locked
    ) j
    limit (select jobs from room)
)
update job set handed_at = clock_timestamp(), handed_by = $2
from claimed where job.tenant_id = claimed.tenant_id and job.id = claimed.id
returning job.tenant_id, job.id as job_id, job.attempt, claimed.at_once
"""
_CLAIM_OF_ANY = _CLAIM.format(among="$6::uuid[] is null")
_CLAIM_OF_SOME = _CLAIM.format(among="id = any ($6::uuid[])")
_SERVING = (
    "select t.id as tenant_id, t.slug, t.packs, t.time_zone, t.language, t.created_at from tenant t"
    " where t.suspended_at is null and t.frozen_at is null and t.moving_to is null and not t.simulated and"
)


_DEPTHS = """
select state, count(*) as jobs, coalesce(max(extract(epoch from since)), 0)::float8 as oldest_s from (
    select 'dead' as state, $1 - ended_at as since from job where outcome = 'dead'
    union all
    select case when lease_until is not null then 'running' when held_at is not null then 'paused'
        when handed_at is not null then 'handed' when run_at > $1 then 'scheduled'
        when t.suspended_at is not null or t.frozen_at is not null then 'suspended' else 'ready' end,
        case when handed_at is not null then clock_timestamp() - handed_at
        when held_at is not null then $1 - held_at else greatest($1 - run_at, interval '0') end
    from job join tenant t on t.id = job.tenant_id and not t.simulated and t.moving_to is null where ended_at is null
) s group by state
"""


class Relay:
    """A connection pool of the relay role and the worker it hands jobs to; `cell` is whose, empty where there is but one."""

    def __init__(self, pool: asyncpg.Pool, worker: UUID, cell: str = "") -> None:
        self.pool = pool
        self.worker = worker
        self.cell = cell

    async def claim(self, now: datetime, *, in_hand_max: int, at_once: int, share: int = 100) -> list[Claimed]:
        """Mark due jobs as handed over until `in_hand_max` are, for a worker that does so many `at_once`.

        `share` percent of these at most are one company's, unless the registry gives it a share of its own.
        """
        whose = await self.due_of("job where ended_at is null and handed_at is null and held_at is null", "run_at", now)
        if whose == []:
            return []
        claim = _CLAIM_OF_ANY if whose is None else _CLAIM_OF_SOME
        rows = await self.pool.fetch(claim, now, self.worker, in_hand_max, at_once, share, whose)
        return [Claimed(**row) for row in rows]

    async def due_of(self, rows: str, moment: str, now: datetime) -> list[UUID] | None:
        """The companies of those rows whose moment has come; None where so many are due that all are to be asked.

        Reads what is due and nothing else, however many companies there are.
        """
        found = await self.pool.fetchrow(
            "select count(*) as rows, coalesce(array_agg(distinct tenant_id), '{}') as whose from"
            f" (select tenant_id from {rows} and {moment} <= $1 order by {moment} limit $2) due",
            now,
            DUE_READ_MAX,
        )
        return list(found["whose"]) if found["rows"] < DUE_READ_MAX else None

    async def take_back(self, claimed: Sequence[Claimed] | None = None) -> int:
        """Undo the hand-over of what has not begun: of these, or of everything this worker was handed."""
        status: str = await self.pool.execute(
            "update job set handed_at = null, handed_by = null"
            " where handed_by = $1 and handed_at is not null and ended_at is null and lease_until is null"
            " and ($2::uuid[] is null or id = any ($2))",
            self.worker,
            None if claimed is None else [job.job_id for job in claimed],
        )
        return int(status.rsplit(" ", 1)[-1])

    async def forget_stale(self, older_than_s: float) -> int:
        """Undo hand-overs that led to nothing for so long: Redis forgot them, or the worker is gone."""
        status: str = await self.pool.execute(
            "update job set handed_at = null, handed_by = null"
            " where handed_at < clock_timestamp() - $1 * interval '1 second' and ended_at is null"
            " and lease_until is null",
            older_than_s,
        )
        return int(status.rsplit(" ", 1)[-1])

    async def expired(self) -> dict[UUID, list[UUID]]:
        """Jobs by tenant whose lease has run out."""
        found: dict[UUID, list[UUID]] = {}
        for row in await self.pool.fetch(
            "select tenant_id, id from job where handed_at is not null and ended_at is null"
            " and lease_until < clock_timestamp() limit 1000"
        ):
            found.setdefault(row["tenant_id"], []).append(row["id"])
        return found

    async def depths(self, now: datetime) -> list[Depth]:
        """How much is in each state over all companies on real time, and since when the oldest is."""
        return [Depth(**row) for row in await self.pool.fetch(_DEPTHS, now)]

    async def looks_due(self, now: datetime) -> list[Serving]:
        """The companies on real time whose timetable has a tick by now."""
        due = "t.id in (select tenant_id from timetable_look where next_at <= $1)"
        return _serving(await self.pool.fetch(f"{_SERVING} {due}", now))

    async def unknown_to(self, known: str) -> list[Serving]:
        """The companies on real time whose timetable was never looked at with the rhythms of that name."""
        looked = "not exists (select from timetable_look l where l.tenant_id = t.id and l.known = $1)"
        return _serving(await self.pool.fetch(f"{_SERVING} {looked} order by t.id", known))


def _serving(rows: Sequence[asyncpg.Record]) -> list[Serving]:
    return [Serving(**{**row, "packs": tuple(row["packs"])}) for row in rows]


@contextlib.asynccontextmanager
async def relaying(relay_url: str, worker: UUID, *, cell: str = "") -> AsyncIterator[Relay]:
    """A relay for as long as this lasts. Raises UnsafeDatabase when its role could read more than it must.

    One of several cells may be away, and is looked at when it comes.
    """
    # What is handed over and not begun comes back: PostgreSQL may forget it in a crash.
    forgetful = {"application_name": "guibin relay", "synchronous_commit": "off"}
    pool = await asyncpg.create_pool(
        relay_url,
        min_size=0 if cell else 1,
        max_size=2,
        command_timeout=30,
        timeout=CONNECTS_WITHIN_S,
        server_settings=forgetful,
        connection_class=Connection,
        init=_refuse_unsafe,
    )
    try:
        with contextlib.suppress(*UNREACHABLE if cell else ()):
            await pool.fetchval("select true")
        yield Relay(pool, worker, cell)
    finally:
        await pool.close()


async def _refuse_unsafe(connection: asyncpg.Connection) -> None:
    if await connection.fetchval("select rolsuper or rolbypassrls from pg_roles where rolname = current_user"):
        raise UnsafeDatabase("the relay's role is a superuser or bypasses row security: use GUIBIN_RELAY_URL")
    # The application role sees no tenant here: every job would wait for ever without a word.
    if await connection.fetchval("select has_column_privilege('job', 'payload', 'SELECT')"):
        raise UnsafeDatabase("the relay's role reads payloads: set GUIBIN_RELAY_URL to that of guibin_relay")
