"""How many requests a company makes, day by day: its people together, and each of its keys."""

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from msgspec import Struct
from piccolo.columns import UUID as UuidColumn
from piccolo.columns import BigInt, Date

from .rows import read
from .scope import execute, fetch_value
from .tables import Keys, TenantTable, new_id

# By whom requests are that come with no key: whoever is signed in.
PEOPLE = UUID(int=0)
KEPT_FOR = timedelta(days=400)


class RequestCount(TenantTable, tablename="request_count"):
    """What one key asked for on a day of the company's, or its people together: how often it was let in, and how often refused
    because it was too much."""

    on_day = Date(default=None, null=True)
    key_id = UuidColumn(default=PEOPLE)
    requests = BigInt(default=0)
    refused = BigInt(default=0)

    keys = Keys(while_frozen="*", unique=(("on_day", "key_id"),))


class Counted(Struct):
    """So many since they were last written down."""

    requests: int = 0
    refused: int = 0


class OfDay(Struct, frozen=True):
    """All that a company asked for on a day."""

    on_day: date
    requests: int
    refused: int


class OfCaller(Struct, frozen=True):
    """What a key asked for, or without one the company's people together."""

    key_id: UUID | None
    name: str
    requests: int
    refused: int


async def add(company: UUID, counted: Mapping[tuple[date, UUID], Counted]) -> None:
    """Write down what was counted since of the company whose scope it is, by day and key, beside what others counted; nothing
    of one that was erased meanwhile."""
    order = sorted(counted)
    await execute(
        "insert into request_count as c (id, on_day, key_id, requests, refused)"
        " select * from unnest($1::uuid[], $2::date[], $3::uuid[], $4::bigint[], $5::bigint[])"
        " where exists (select from tenant where id = $6 and erased_at is null)"
        " on conflict (tenant_id, on_day, key_id) do update set requests = c.requests + excluded.requests,"
        " refused = c.refused + excluded.refused",
        [new_id() for _ in order],
        [day for day, _ in order],
        [key_id for _, key_id in order],
        [counted[one].requests for one in order],
        [counted[one].refused for one in order],
        company,
    )


async def allowed(company: UUID) -> int | None:
    """How much the operator lets the company ask in a second; None for as much as any."""
    found: int | None = await fetch_value("select requests_per_s from tenant where id = $1", company)
    return found


async def by_day(first: date) -> list[OfDay]:
    """Each day from then on on which anything was asked, in order."""
    return await read(
        OfDay,
        "select on_day, sum(requests)::bigint as requests, sum(refused)::bigint as refused from request_count"
        " where on_day >= $1 group by on_day order by on_day",
        first,
    )


async def by_caller(first: date) -> list[OfCaller]:
    """Who asked for how much from that day on, the most first."""
    return await read(
        OfCaller,
        "select k.id as key_id, coalesce(k.name, '') as name, sum(c.requests)::bigint as requests,"
        " sum(c.refused)::bigint as refused from request_count c"
        " left join api_key k on k.tenant_id = c.tenant_id and k.id = c.key_id"
        " where c.on_day >= $1 group by k.id, k.name order by requests desc, name",
        first,
    )


async def forget(*, today: date) -> int:
    """Take away what is older than anybody looks back; how many."""
    return await execute("delete from request_count where on_day < $1", today - KEPT_FOR)
