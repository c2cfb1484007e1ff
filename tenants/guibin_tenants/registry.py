"""The companies: who they are, whether they are served, and the provisioning of new ones."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from msgspec import Struct
from piccolo.columns import JSONB, Array, Boolean, Integer, Text, Timestamptz, Varchar
from piccolo.columns import UUID as UuidColumn
from piccolo.table import Table

from guibin_tenants.refusals import refuse

from .access import CHANNEL, access_changed
from .database import ENGINE
from .purges import Purge, purge_in, refuse_ending
from .refusals import CompanyErased, Conflict, FieldError, Invalid, NotFound
from .scope import current_tenant, execute, fetch_one, fetch_value
from .tables import new_id
from .time_zones import time_zones

REQUESTS_PER_S_MAX = 10_000
DOMAIN_CHARS_MAX = 253
_SLUG = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")

# Where anybody gets a mail address: whoever has one there is not of any company by it. No library keeps such a list small and current;
# these are the ones that people of our companies have.
PUBLIC_MAIL = frozenset(
    [
        "qq.com",
        "vip.qq.com",
        "foxmail.com",
        "163.com",
        "vip.163.com",
        "126.com",
        "yeah.net",
        "188.com",
        "netease.com",
        "sina.com",
        "sina.cn",
        "vip.sina.com",
        "sohu.com",
        "aliyun.com",
        "139.com",
        "189.cn",
        "wo.cn",
        "tom.com",
        "21cn.com",
        "263.net",
        "gmail.com",
        "googlemail.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "live.cn",
        "msn.com",
        "icloud.com",
        "me.com",
        "mac.com",
        "yahoo.com",
        "yahoo.cn",
        "yahoo.com.cn",
        "yahoo.com.hk",
        "ymail.com",
        "aol.com",
        "gmx.com",
        "gmx.net",
        "mail.com",
        "mail.ru",
        "yandex.com",
        "proton.me",
        "protonmail.com",
        "zoho.com",
    ]
)


class Tenant(Table, db=ENGINE):
    """A company. Written by the owner role, but for the packs; `simulated` tenants run on a clock of their own.

    `packs` are those it has, `packs_allowed` those that its own admin may switch: of `packs` the application changes these alone.
    `job_share` is the most of a worker's jobs at once that may be this company's, in percent; None the usual share.
    `requests_per_s` is how much it may ask of each API process in a second, None as much as any.
    `domains` are its own host names and those of its people's mail addresses, each one company's alone.
    Since `frozen_at` it is read-only: people sign in and look, nothing is written and nothing of it runs.
    While `moving_to` names a cell nothing of it is served here: it is on its way there, or was moved there and this is a tombstone.
    Of one that was erased only the slug stays, with who did it, when, and how many rows of each table went. `purge` says that it is to
    be purged, or was (`purges.Purge`), and `certificate` proves it.
    """

    id = UuidColumn(primary_key=True, default=new_id)
    slug = Varchar(length=40, unique=True)
    name = Varchar(length=200)
    packs = Array(base_column=Text(), default=list)
    packs_allowed = Array(base_column=Text(), default=None, null=True)
    time_zone = Varchar(length=64, default="Asia/Shanghai")
    language = Varchar(length=10, default="zh-CN")
    simulated = Boolean(default=False)
    created_at = Timestamptz(default=None, null=True)
    suspended_at = Timestamptz(default=None, null=True)
    suspended_because = Text(default=None, null=True)
    frozen_at = Timestamptz(default=None, null=True)
    frozen_because = Text(default=None, null=True)
    job_share = Integer(default=None, null=True)
    requests_per_s = Integer(default=None, null=True)
    domains = Array(base_column=Text(), default=None, null=True)
    moving_to = Varchar(length=40, default=None, null=True)
    erased_at = Timestamptz(default=None, null=True)
    erased_by = Text(default=None, null=True)
    erased_rows = JSONB(default=None, null=True)
    purge = JSONB(default=None, null=True)
    certificate = Text(default=None, null=True)


class TenantView(Struct, frozen=True):
    """A company as operators see it."""

    id: UUID
    slug: str
    name: str
    packs: tuple[str, ...]
    time_zone: str
    language: str
    simulated: bool
    suspended_at: datetime | None = None
    frozen_at: datetime | None = None
    job_share: int | None = None
    requests_per_s: int | None = None
    erased_at: datetime | None = None
    erased_by: str | None = None
    packs_allowed: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    purge: Purge | None = None


class NewTenant(Struct, frozen=True, kw_only=True):
    """What it takes to make a company a tenant. `time_zone` is an IANA name; `cell` the one it shall be on, where there are several,
    empty for the emptiest.
    """

    slug: str
    name: str
    packs: tuple[str, ...]
    time_zone: str = "Asia/Shanghai"
    language: str = "zh-CN"
    simulated: bool = False
    cell: str = ""


async def create(
    connection: asyncpg.Connection, new: NewTenant, *, now: datetime, company: UUID | None = None
) -> TenantView:
    """Register a company, under the id that the directory gave it, as the owner role. Raises Invalid, or Conflict when the slug
    is taken."""
    check(new)
    row = await connection.fetchrow(
        "insert into tenant (id, slug, name, packs, time_zone, language, simulated, created_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (slug) do nothing returning *",
        company or new_id(),
        new.slug,
        new.name,
        list(new.packs),
        new.time_zone,
        new.language,
        new.simulated,
        now,
    )
    if row is None:
        raise await _taken(connection, new.slug)
    return _view(row)


def check(new: NewTenant) -> None:
    """Raises Invalid for what no company can be registered with."""
    problems = []
    if not _SLUG.fullmatch(new.slug):
        problems.append(FieldError("slug", "3 to 40 small letters, digits and hyphens, a letter first", value=new.slug))
    if new.time_zone not in time_zones():
        problems.append(FieldError("time_zone", "an IANA time zone", "such as Asia/Shanghai", new.time_zone))
    if new.language not in ("zh-CN", "en"):
        problems.append(FieldError("language", "zh-CN or en", value=new.language))
    refuse(problems, "The tenant cannot be created")


async def _taken(connection: asyncpg.Connection, slug: str) -> Conflict:
    erased_at = await connection.fetchval("select erased_at from tenant where slug = $1", slug)
    if erased_at is None:
        return Conflict(f"There is a tenant {slug!r} already")
    return Conflict(f"The slug {slug!r} belonged to a company that was erased on {erased_at:%Y-%m-%d}: choose another")


async def withdraw(connection: asyncpg.Connection, tenant_id: UUID) -> None:
    """Undo a registration that was never furnished; as the owner role."""
    await connection.execute("delete from tenant where id = $1", tenant_id)


async def by_slug(connection: asyncpg.Connection | asyncpg.Pool, slug: str) -> TenantView:
    """Raises NotFound, CompanyErased for one that was erased."""
    row = await connection.fetchrow("select * from tenant where slug = $1", slug)
    if row is None:
        raise unknown(slug)
    if row["erased_at"] is not None:
        raise _erased(slug)
    return _view(row)


async def by_id(connection: asyncpg.Connection | asyncpg.Pool, tenant_id: UUID) -> TenantView | None:
    """None where it is not served from here. Raises CompanyErased."""
    row = await connection.fetchrow("select * from tenant where id = $1 and moving_to is null", tenant_id)
    if row is not None and row["erased_at"] is not None:
        raise _erased(row["slug"])
    return _view(row) if row is not None else None


async def refuse_erased() -> None:
    """Raises CompanyErased where nothing but the tombstone is left of the company whose scope is open."""
    if await fetch_value("select erased_at is not null from tenant where id = $1", current_tenant()):
        raise CompanyErased()


async def by_domain(connection: asyncpg.Connection | asyncpg.Pool, domain: str) -> TenantView:
    """Whose it is. Raises NotFound."""
    row = await connection.fetchrow(
        "select * from tenant where domains @> array[$1] and erased_at is null", in_letters(domain)
    )
    if row is None:
        raise nobodys_domain()
    return _view(row)


async def owners(connection: asyncpg.Connection | asyncpg.Pool) -> dict[str, UUID]:
    """Whose each domain is."""
    rows = await connection.fetch("select id, unnest(domains) as domain from tenant where erased_at is null")
    return {row["domain"]: row["id"] for row in rows}


async def add_domain(connection: asyncpg.Connection, slug: str, domain: str) -> TenantView:
    """Let it be this company's, as the owner role. Raises NotFound, Invalid, and Conflict where it is another's."""
    named = in_letters(domain)
    if not _DOMAIN.fullmatch(named) or len(named) > DOMAIN_CHARS_MAX:
        raise Invalid.at("domain", "a domain such as vip.example.com", value=domain)
    if any(named == each or named.endswith(f".{each}") for each in PUBLIC_MAIL):
        rule, fix = (
            "a domain that is the company's own",
            "under this one anybody gets a mail address: name the company's",
        )
        raise Invalid.at("domain", rule, fix, domain)
    async with connection.transaction():
        # Nobody else gives it away meanwhile.
        await connection.execute("lock table tenant in share row exclusive mode")
        tenant = await by_slug(connection, slug)
        others = await connection.fetchval(
            "select slug from tenant where domains @> array[$1] and slug <> $2", named, slug
        )
        if others is not None:
            raise Conflict(f"{named} is a domain of {others!r} already")
        await _set_domains(connection, tenant, {*tenant.domains, named})
    return await by_slug(connection, slug)


async def remove_domain(connection: asyncpg.Connection, slug: str, domain: str) -> TenantView:
    """It is nobody's any more. Raises NotFound, also where it is none of this company's."""
    tenant, named = await by_slug(connection, slug), in_letters(domain)
    if named not in tenant.domains:
        raise NotFound(f"{named} is no domain of {slug!r}")
    await _set_domains(connection, tenant, {*tenant.domains} - {named})
    return await by_slug(connection, slug)


async def domains_of() -> tuple[str, ...]:
    """Of the company whose scope is open."""
    row = await fetch_one("select domains from tenant where id = $1", current_tenant())
    return tuple(row["domains"] or ()) if row else ()


async def _set_domains(connection: asyncpg.Connection, tenant: TenantView, domains: set[str]) -> None:
    await connection.execute("update tenant set domains = $2 where id = $1", tenant.id, sorted(domains))
    await connection.execute("select pg_notify($1, $2)", CHANNEL, str(tenant.id))


def nobodys_domain() -> NotFound:
    """No company has it."""
    return NotFound("That is no company's domain")


def in_letters(domain: str) -> str:
    """As it stands in a Host header: small ASCII letters, no dot at the end."""
    plain = domain.strip().rstrip(".").lower()
    try:
        return plain.encode("idna").decode("ascii") if plain else ""
    except UnicodeError:
        return ""


async def locked(connection: asyncpg.Connection, slug: str) -> TenantView:
    """The registration, also of one that was erased, for nobody else to change until this transaction ends.

    Raises NotFound.
    """
    row = await connection.fetchrow("select * from tenant where slug = $1 for update", slug)
    if row is None:
        raise unknown(slug)
    return _view(row)


async def bury(connection: asyncpg.Connection, tenant_id: UUID, *, by: str, now: datetime, rows: str) -> None:
    """Turn the registration into a tombstone: it stays suspended for ever. `rows` is JSON; the first tombstone stays."""
    await connection.execute(
        "update tenant set name = '', packs = '{}', packs_allowed = null, suspended_because = null, frozen_because = null, job_share = null,"
        " requests_per_s = null, domains = null,"
        " erased_at = coalesce(erased_at, $2), erased_by = coalesce(erased_by, $3),"
        " erased_rows = coalesce(erased_rows, $4::jsonb) where id = $1",
        tenant_id,
        now,
        by,
        rows,
    )


def _erased(slug: str) -> CompanyErased:
    return CompanyErased(f"The company {slug!r} was erased: nothing of it is left")


def unknown(slug: str) -> NotFound:
    """No company has it."""
    return NotFound(f"There is no tenant {slug!r}: `guibin tenant list` shows them")


async def everyone(connection: asyncpg.Connection | asyncpg.Pool) -> list[TenantView]:
    """All companies by slug."""
    return [_view(row) for row in await connection.fetch("select * from tenant order by slug")]


async def first(connection: asyncpg.Connection | asyncpg.Pool) -> TenantView | None:
    """Any company that was not erased; None where there is none."""
    row = await connection.fetchrow("select * from tenant where erased_at is null order by slug limit 1")
    return _view(row) if row else None


async def purge_of(connection: asyncpg.Connection, slug: str) -> Purge | None:
    """How its purge stands, also of one that is purged; None where nobody asked. Raises NotFound."""
    row = await connection.fetchrow("select purge from tenant where slug = $1", slug)
    if row is None:
        raise unknown(slug)
    return purge_in(row["purge"])


async def suspend(connection: asyncpg.Connection, slug: str, *, because: str, now: datetime) -> TenantView:
    """From now on nothing is answered for this company, and its jobs wait. Idempotent. Raises NotFound, Invalid."""
    tenant = await by_slug(connection, slug)
    if not because.strip():
        raise Invalid.at("because", "why, for whoever asks", detail="The tenant is not suspended")
    await connection.execute(
        "update tenant set suspended_at = coalesce(suspended_at, $2), suspended_because = $3 where id = $1",
        tenant.id,
        now,
        because,
    )
    await connection.execute("select pg_notify($1, $2)", CHANNEL, str(tenant.id))
    return await by_slug(connection, slug)


async def resume(connection: asyncpg.Connection, slug: str) -> TenantView:
    """Serve the company again; what waited runs now. Raises NotFound, PurgeConfirmed."""
    tenant = await by_slug(connection, slug)
    refuse_ending(slug, tenant.purge)
    await connection.execute("update tenant set suspended_at = null, suspended_because = null where id = $1", tenant.id)
    return await by_slug(connection, slug)


async def freeze(connection: asyncpg.Connection, slug: str, *, because: str, now: datetime) -> TenantView:
    """From now on the company is read-only: nothing of it is written and its jobs and deadlines wait. Idempotent. Raises NotFound,
    Invalid."""
    tenant = await by_slug(connection, slug)
    if not because.strip():
        raise Invalid.at("because", "why, for whoever asks", detail="The company is not frozen")
    await connection.execute(
        "update tenant set frozen_at = coalesce(frozen_at, $2), frozen_because = $3 where id = $1",
        tenant.id,
        now,
        because,
    )
    await connection.execute("select pg_notify($1, $2)", CHANNEL, str(tenant.id))
    return await by_slug(connection, slug)


async def thaw(connection: asyncpg.Connection, slug: str) -> TenantView:
    """It is written again, and what waited runs now. Raises NotFound, PurgeConfirmed."""
    tenant = await by_slug(connection, slug)
    refuse_ending(slug, tenant.purge)
    await connection.execute("update tenant set frozen_at = null, frozen_because = null where id = $1", tenant.id)
    await connection.execute("select pg_notify($1, $2)", CHANNEL, str(tenant.id))
    return await by_slug(connection, slug)


async def share(connection: asyncpg.Connection, slug: str, percent: int | None) -> TenantView:
    """Let so many percent of a worker's jobs at once be this company's; None for the usual share. Raises Invalid."""
    if percent is not None and not 1 <= percent <= 100:
        raise Invalid.at("percent", "1 to 100", value=str(percent))
    tenant = await by_slug(connection, slug)
    await connection.execute("update tenant set job_share = $2 where id = $1", tenant.id, percent)
    return await by_slug(connection, slug)


async def allow(connection: asyncpg.Connection, slug: str, per_second: int | None) -> TenantView:
    """Let it ask so much of each API process in a second; None as much as any. Raises Invalid."""
    if per_second is not None and not 1 <= per_second <= REQUESTS_PER_S_MAX:
        raise Invalid.at("per_second", f"1 to {REQUESTS_PER_S_MAX}", value=str(per_second))
    tenant = await by_slug(connection, slug)
    await connection.execute("update tenant set requests_per_s = $2 where id = $1", tenant.id, per_second)
    await connection.execute("select pg_notify($1, $2)", CHANNEL, str(tenant.id))
    return await by_slug(connection, slug)


async def allow_packs(connection: asyncpg.Connection, slug: str, packs: Sequence[str]) -> TenantView:
    """Let the company's admin switch these packs, and no others, on and off. Raises NotFound."""
    tenant = await by_slug(connection, slug)
    await connection.execute("update tenant set packs_allowed = $2 where id = $1", tenant.id, sorted(set(packs)))
    return await by_slug(connection, slug)


class Switchable(Struct, frozen=True):
    """The packs the company of the scope has, and those its own admin may switch."""

    packs: tuple[str, ...]
    allowed: tuple[str, ...]


async def packs_of(*, to_change: bool = False) -> Switchable:
    """Of the company whose scope is open; `to_change`: nobody else changes them until this transaction ends."""
    row = await fetch_one(
        f"select packs, packs_allowed from tenant where id = $1{' for update' if to_change else ''}", current_tenant()
    )
    assert row is not None
    return Switchable(tuple(row["packs"]), tuple(row["packs_allowed"] or ()))


async def set_packs(packs: Sequence[str]) -> None:
    """These are the packs of the company whose scope is open, everywhere once this commits. PostgreSQL refuses a change of one
    that its admin may not switch."""
    await execute("update tenant set packs = $2 where id = $1", current_tenant(), sorted(set(packs)))
    await access_changed()


def _view(row: Any) -> TenantView:
    return TenantView(
        id=row["id"],
        slug=row["slug"],
        name=row["name"],
        packs=tuple(row["packs"]),
        time_zone=row["time_zone"],
        language=row["language"],
        simulated=row["simulated"],
        suspended_at=row["suspended_at"],
        frozen_at=row["frozen_at"],
        job_share=row["job_share"],
        requests_per_s=row["requests_per_s"],
        erased_at=row["erased_at"],
        erased_by=row["erased_by"],
        packs_allowed=tuple(row["packs_allowed"] or ()),
        domains=tuple(row["domains"] or ()),
        purge=purge_in(row["purge"]),
    )
