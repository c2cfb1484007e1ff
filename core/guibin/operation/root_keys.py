"""The root key over all companies: whether it is the one of this database, and its exchange while the service runs."""

from collections.abc import Callable

import asyncpg

from guibin.watch.failpoints import reach
from guibin_tenants import keyring, registry, root_keys
from guibin_tenants.database import ENGINE, connected
from guibin_tenants.keyring import KeyringError
from guibin_tenants.refusals import Conflict
from guibin_tenants.registry import TenantView
from guibin_tenants.scope import tenant_scope

Progress = Callable[[int, int], None]


class OneKeyOnly(Conflict):
    """There is one root key, and this program may not write where it stands. Put the new key first and leave the old behind it."""

    kind = "one-root-key-only"


class FormerStillNeeded(Conflict):
    """Keys are still wrapped by a former root key: run `guibin keys rotate root` again."""

    kind = "former-root-key-needed"


async def refuse_wrong(pool: asyncpg.Pool) -> int:
    """Open every company's keys; how many companies there are. Raises KeyringError, which says what is the case."""
    companies, wrong, said = await _companies(pool), [], ""
    for company in companies:
        try:
            async with tenant_scope(company.id):
                await keyring.wrapped_by_former()
        except KeyringError as error:
            wrong.append(company.slug)
            said = str(error)
    if wrong:
        raise KeyringError(
            f"{said}: {len(wrong)} of {len(companies)} companies cannot be opened, {', '.join(wrong[:5])}"
        )
    return len(companies)


async def refuse_wrong_first(app_url: str) -> None:
    """As `refuse_wrong`, by the first company alone: for a start. Where there is none yet, a key made here is written down. Raises
    KeyringError."""
    async with connected(app_url, pool_size=1) as pool:
        for cell in _cells(pool):
            if (company := await registry.first(cell)) is not None:
                async with tenant_scope(company.id):
                    await keyring.wrapped_by_former()
                return
        root_keys.write_down()


async def rotate(pool: asyncpg.Pool, source: root_keys.Source, progress: Progress) -> int:
    """Wrap every company's keys by a new root key, company by company; how many keys were not yet. What is wrapped stays so when it
    ends early: called again it goes on with the same root key. Raises KeyringError, OneKeyOnly."""
    await refuse_wrong(pool)
    if root_keys.held() < 2:
        if source.file is None:
            raise OneKeyOnly(f"{source.said} has one key: put the new one first and leave the old behind it")
        if root_keys.held() == 1:
            root_keys.put_first(source.file)
            reach("root.made")
    companies, again = await _companies(pool), 0
    for place, company in enumerate(companies, start=1):
        async with tenant_scope(company.id):
            again += await keyring.wrap_again()
            reach("root.wrapped")
        reach("root.committed")
        progress(place, len(companies))
    return again


async def retire(pool: asyncpg.Pool, source: root_keys.Source) -> str:
    """Take the former root keys away; where they are now. Raises FormerStillNeeded, KeyringError."""
    left = 0
    for company in await _companies(pool):
        async with tenant_scope(company.id):
            left += await keyring.wrapped_by_former()
    if left:
        raise FormerStillNeeded(
            f"{left} keys are still wrapped by a former root key: run `guibin keys rotate root` again"
        )
    return str(root_keys.put_away(source.file)) if source.file is not None and root_keys.held() > 1 else ""


async def _companies(pool: asyncpg.Pool) -> list[TenantView]:
    return [each for cell in _cells(pool) for each in await registry.everyone(cell) if each.erased_at is None]


def _cells(pool: asyncpg.Pool) -> list[asyncpg.Pool]:
    return [lane.pool for lane in ENGINE.lanes.values()] or [pool]
