"""`guibin tenant`: companies."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from cyclopts import App, Parameter

from guibin.context import real_clock
from guibin.operation import erasure, provisioning
from guibin.operation.erasure import Erasure
from guibin_tenants import registry
from guibin_tenants.refusals import FieldError, Invalid
from guibin_tenants.registry import NewTenant, TenantView

from . import environment
from .moments import aware
from .output import as_json, as_table, out

app = App(name="tenant", help="Create, list, show, suspend, resume and erase companies.")
Json = Annotated[bool, Parameter(help="Print JSON for a script.", negative="")]


@Parameter(name="*")
@dataclass(frozen=True)
class Place:
    """Where a company is: its days and its people's language."""

    time_zone: str = "Asia/Shanghai"
    language: str = "zh-CN"


@app.command
def create(
    slug: str,
    *,
    pack: Annotated[
        list[str] | None, Parameter(help="An industry pack; repeat for several. Without: the general regulations.")
    ] = None,
    name: str = "",
    place: Place | None = None,
    simulated_from: Annotated[
        datetime | None, Parameter(help="Run on a clock that starts here and that `timers run` moves.")
    ] = None,
    json: Json = False,
) -> None:
    """Make a company a tenant with these packs, their default policy and its calendar."""
    place = place or Place()
    new = NewTenant(
        slug=slug,
        name=name or slug,
        packs=tuple(pack or ()),
        time_zone=place.time_zone,
        language=place.language,
        simulated=simulated_from is not None,
    )
    tenant = asyncio.run(_create(new, aware(simulated_from, place.time_zone)))
    if json:
        as_json(tenant)
    else:
        out.print(
            f"Tenant {tenant.slug} is ready with {', '.join(tenant.packs) or 'the general regulations'}. Next: guibin key create {tenant.slug} --scope '*'"
        )


@app.command(name="list")
def list_(*, json: Json = False) -> None:
    """All companies."""
    tenants = asyncio.run(_everyone())
    if json:
        as_json(tenants)
        return
    rows = [(t.slug, t.name, ", ".join(t.packs), t.time_zone, t.suspended_at or "", t.erased_at or "") for t in tenants]
    headings = ("slug", "name", "packs", "time zone", "suspended", "erased")
    as_table(headings, rows, empty="No tenant yet: guibin tenant create")


@app.command
def show(slug: str, *, json: Json = False) -> None:
    """One company."""
    tenant = asyncio.run(_one(slug))
    if json:
        as_json(tenant)
        return
    as_table(("", ""), [(name, getattr(tenant, name)) for name in tenant.__struct_fields__], empty="")


@app.command
def suspend(
    slug: str, *, because: Annotated[str, Parameter(help="Why, for whoever asks.")], json: Json = False
) -> None:
    """Answer 403 to everything of this company and let its jobs wait."""
    asyncio.run(_suspend(slug, because))
    if json:
        as_json({"slug": slug, "suspended": because})
    else:
        out.print(f"Tenant {slug} is suspended.")


@app.command
def resume(slug: str, *, json: Json = False) -> None:
    """Serve the company again."""
    asyncio.run(_resume(slug))
    if json:
        as_json({"slug": slug, "suspended": None})
    else:
        out.print(f"Tenant {slug} is served again.")


@app.command
def share(
    slug: str,
    percent: Annotated[int | None, Parameter(help="1 to 100; without it the usual share.")] = None,
) -> None:
    """Let at most so many percent of what a worker does at once be this company's jobs."""
    asyncio.run(_share(slug, percent))
    out.print(f"Tenant {slug} has {'the usual share' if percent is None else f'{percent} %'} of each worker.")


@app.command
def erase(
    slug: str,
    *,
    yes: Annotated[str, Parameter(help="The slug again, for a script; without it the question is asked.")] = "",
    json: Json = False,
) -> None:
    """Delete everything a suspended company has, for ever: rows, keys, jobs. Its slug is not given to another."""
    answer = yes or input(f"Everything of {slug} will be gone for ever. Type its slug again: ")
    if answer.strip() != slug:
        raise Invalid(fields=(FieldError("yes", "the slug again, letter by letter", f"--yes {slug}", answer),))
    done = asyncio.run(_erase(slug))
    if json:
        as_json(done)
        return
    as_table(("table", "rows deleted"), sorted(done.rows.items()), empty="Nothing was left of it.")
    out.print(f"Tenant {slug} is erased, {sum(done.rows.values())} rows. Backups keep it until they expire.")


async def _create(new: NewTenant, simulated_from: datetime | None) -> TenantView:
    environment.load_root_key()
    with environment.urls() as urls:
        return await provisioning.provision(
            new,
            owner_url=urls.owner,
            app_url=urls.app,
            packs=environment.packs(),
            now=real_clock(),
            simulated_from=simulated_from,
        )


async def _everyone() -> list[TenantView]:
    async with environment.owner() as connection:
        return await registry.everyone(connection)


async def _one(slug: str) -> TenantView:
    async with environment.owner() as connection:
        return await registry.by_slug(connection, slug)


async def _suspend(slug: str, because: str) -> TenantView:
    async with environment.owner() as connection:
        return await registry.suspend(connection, slug, because=because, now=real_clock())


async def _resume(slug: str) -> TenantView:
    async with environment.owner() as connection:
        return await registry.resume(connection, slug)


async def _share(slug: str, percent: int | None) -> TenantView:
    async with environment.owner() as connection:
        return await registry.share(connection, slug, percent)


async def _erase(slug: str) -> Erasure:
    async with environment.owner() as connection:
        return await erasure.erase(connection, slug, by=environment.operator().name, now=real_clock())
