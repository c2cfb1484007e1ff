"""After a new release of packs: every company's policy keeps what they said until now, and tells what they say from now on."""

import logging

import asyncpg
import msgspec

from guibin import timetable  # noqa: F401  # whoever must know of a new policy hears of it
from guibin.context import Clock, Company, now_of
from guibin.packs import Packs
from guibin.policies.actions import keep_packs
from guibin.policies.queries import act_of
from guibin.policy.texts import Text
from guibin_tenants import registry
from guibin_tenants.database import ENGINE, connected
from guibin_tenants.principals import PERMISSIONS, Principal
from guibin_tenants.refusals import Refusal
from guibin_tenants.scope import tenant_scope
from guibin_tenants.tables import new_id

UPGRADE = Text("系统升级", "system upgrade")
_log = logging.getLogger("guibin.packs")


async def keep_all(urls: tuple[str, str], packs: Packs, clock: Clock) -> list[str]:
    """Every company whose packs say something else than was kept: their slugs. `urls` are the owner's and the application's."""
    owner: asyncpg.Connection = await asyncpg.connect(urls[0])
    try:
        companies = [one for one in await registry.everyone(owner) if one.packs]
    finally:
        await owner.close()
    if ENGINE.pool is not None:
        return [slug for slug in [await _kept(one, packs, clock) for one in companies] if slug]
    async with connected(urls[1], pool_size=2):
        return [slug for slug in [await _kept(one, packs, clock) for one in companies] if slug]


async def _kept(tenant: registry.TenantView, packs: Packs, clock: Clock) -> str:
    company = msgspec.convert(tenant, Company, from_attributes=True)
    name = UPGRADE.in_language(tenant.language)
    by = Principal(kind="operator", id=new_id(), name=name, permissions=PERMISSIONS, address="cli")
    try:
        async with tenant_scope(company.id):
            act = await act_of(packs, company, by=by, now=await now_of(company, clock))
            return company.slug if await keep_packs(act) is not None else ""
    except Refusal as refusal:
        _log.error("what the packs of %s said is not kept: %s", company.slug, refusal)
        return ""
