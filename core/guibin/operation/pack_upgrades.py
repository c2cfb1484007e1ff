"""After a new release of packs: every company goes by what they said until its admin decides, and hears that something waits."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec
from msgspec import Struct

from guibin import timetable  # noqa: F401  # whoever must know of a new policy hears of it
from guibin.company_packs import upgrades
from guibin.context import Act, Clock, Company, now_of
from guibin.packs import Packs
from guibin.policies.actions import keep_packs
from guibin.policies.queries import act_of
from guibin.policy.texts import Text
from guibin_tenants import directory, registry
from guibin_tenants.database import ENGINE, connected
from guibin_tenants.principals import PERMISSIONS, Principal
from guibin_tenants.refusals import Refusal
from guibin_tenants.scope import tenant_scope
from guibin_tenants.tables import new_id
from guibin_tenants.violations import FrozenInDatabase

UPGRADE = Text("系统升级", "system upgrade")
_log = logging.getLogger("guibin.packs")
Urls = tuple[str, str]


class Waiting(Struct, frozen=True, kw_only=True):
    """An upgrade that waits for a company: from which version to which, from when it was decided to hold, by when it holds at the
    latest, and what stands in its way."""

    slug: str
    pack: str
    version: str
    offered: str
    changes: int
    effective_from: datetime | None
    last_at: datetime | None
    problem: str = ""


async def keep_all(urls: Urls, packs: Packs, clock: Clock) -> list[str]:
    """Keep what every company goes by, and tell its admins what waits: the slugs of those with something to keep. `urls` are the
    owner's and the application's."""
    kept: list[str] = []

    async def keep(slug: str, act: Act) -> None:
        if await keep_packs(act) is not None:
            kept.append(slug)
        await upgrades.tell(act)

    await _each(urls, packs, clock, keep)
    return kept


async def keep_new(app_url: str, tenant: registry.TenantView, packs: Packs, clock: Clock) -> None:
    """Keep what a company that was just made goes by, so that the next release of its packs waits for it, too."""

    async def keep(_: str, act: Act) -> None:
        await keep_packs(act)

    if ENGINE.pool is not None:
        await _inside(tenant, packs, clock, keep)
    else:
        async with connected(app_url, pool_size=2):
            await _inside(tenant, packs, clock, keep)


async def waiting(urls: Urls, packs: Packs, clock: Clock) -> list[Waiting]:
    """Every upgrade that waits, by company."""
    found: list[Waiting] = []

    async def look(slug: str, act: Act) -> None:
        found.extend([await _row(slug, name, act) for name in act.hooks.waiting()])

    await _each(urls, packs, clock, look)
    return found


async def hold_by(urls: Urls, packs: Packs, clock: Clock, *, pack: str, at: datetime) -> list[Waiting]:
    """The pack's upgrade holds from then on at the latest for every company it waits for; a company whose own policy contradicts it
    is told of with its `problem`, and stays as it is."""
    found: list[Waiting] = []

    async def hold(slug: str, act: Act) -> None:
        if pack in act.hooks.waiting():
            await upgrades.hold_by(pack, at, act)
            found.append(await _row(slug, pack, act))

    for slug, problem in await _each(urls, packs, clock, hold):
        one = Waiting(slug=slug, pack=pack, version="", offered="", changes=0, effective_from=None, last_at=None)
        found.append(msgspec.structs.replace(one, problem=problem))
    return found


async def _row(slug: str, name: str, act: Act) -> Waiting:
    seen = await upgrades.upgrade(name, act)
    return Waiting(
        slug=slug,
        pack=name,
        version=seen.version,
        offered=seen.offered,
        changes=len(seen.changes),
        effective_from=seen.effective_from,
        last_at=seen.last_at,
        problem="; ".join(f"{one.field}: {one.rule}" for one in seen.contradicts),
    )


async def _each(
    urls: Urls, packs: Packs, clock: Clock, do: Callable[[str, Act], Awaitable[None]]
) -> list[tuple[str, str]]:
    """Do it inside every company that has packs, each by itself; those that refused, and why."""
    everyone = await directory.everyone(urls[0])
    companies = [one for _, one in everyone.found if one.packs]
    if ENGINE.pool is not None:
        said = [(one.slug, await _inside(one, packs, clock, do)) for one in companies]
    else:
        async with connected(urls[1], pool_size=2):
            said = [(one.slug, await _inside(one, packs, clock, do)) for one in companies]
    away = [(slug, f"its cell {cell} is away") for cell, slugs in everyone.away.items() for slug in slugs]
    return [(slug, problem) for slug, problem in said if problem] + away


async def _inside(
    tenant: registry.TenantView, packs: Packs, clock: Clock, do: Callable[[str, Act], Awaitable[None]]
) -> str:
    company = msgspec.convert(tenant, Company, from_attributes=True)
    name = UPGRADE.in_language(tenant.language)
    by = Principal(kind="operator", id=new_id(), name=name, permissions=PERMISSIONS, address="cli")
    try:
        async with tenant_scope(company.id):
            await do(company.slug, await act_of(packs, company, by=by, now=await now_of(company, clock)))
    except Refusal as refusal:
        _log.error("the packs of %s: %s", company.slug, refusal)
        return "; ".join([str(refusal), *(f"{one.field}: {one.rule}" for one in refusal.fields)])
    except FrozenInDatabase as frozen:
        # It stays as it is, also by what its packs said.
        return str(frozen)
    return ""
