"""`guibin tenant`: companies."""

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from msgspec import structs

from guibin.audit.actions import noted
from guibin.automations.states import STOPPED
from guibin.cases.requests import LeavesTo
from guibin.context import real_clock
from guibin.files import places as file_places
from guibin.operation import erasure, moving, provisioning, root_keys
from guibin_tenants import cells, directory, freezing, purges, registry, settings
from guibin_tenants.refusals import Invalid
from guibin_tenants.registry import NewTenant

from . import environment
from .moments import aware
from .output import Json, answer, answer_table, fail, fields_of, out, refuse_unless_typed, say
from .purges import app as purge_commands

app = App(name="tenant", help="Create, list, show, suspend, resume, freeze, thaw, take out, purge and erase companies.")
domains = App(name="domain", help="Host names and mail domains that are one company's own.")
app.command(domains)
app.command(purge_commands)


@Parameter(name="*")
@dataclass(frozen=True)
class Why:
    """What a file is for, and to whom it leaves the company."""

    purpose: str = ""
    leaves_to: Annotated[LeavesTo, Parameter(help="Whether the file leaves the company, and to whom.")] = "nobody"
    recipient: Annotated[str, Parameter(help="Who outside gets it.")] = ""
    legal_basis: Annotated[str, Parameter(help="By which law or order they get it.")] = ""


@Parameter(name="*")
@dataclass(frozen=True)
class Place:
    """Where a company is: its days and its people's language; of several cells (`guibin cell list`) the one that has it, without a
    word the emptiest."""

    time_zone: str = "Asia/Shanghai"
    language: str = "zh-CN"
    cell: str = ""


@app.command
async def create(
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
        cell=place.cell,
    )
    # Read by this command alone: it needs every slice.
    from guibin.operation import pack_upgrades

    environment.load_root_key()
    packs = environment.packs()
    with environment.urls() as urls:
        await root_keys.refuse_wrong_first(urls.app)
        tenant = await provisioning.provision(
            new,
            owner_url=urls.owner,
            app_url=urls.app,
            packs=packs,
            now=real_clock(),
            simulated_from=aware(simulated_from, place.time_zone),
        )
        await pack_upgrades.keep_new(urls.app, tenant, packs, real_clock)
    served = ", ".join(tenant.packs) or "the general regulations"
    ready = f"Tenant {tenant.slug} is ready with {served}. Next: guibin key create {tenant.slug} --scope '*'"
    answer(tenant, ready, json=json)


@app.command(name="list")
async def list_(*, json: Json = False) -> None:
    """All companies. Exit code 1 when a cell is away: those that are there are named, and no more is known of them."""
    with environment.urls() as urls:
        everyone = await directory.everyone(urls.owner)
    found, several = [tenant for _, tenant in everyone.found], bool(cells.used())
    rows = [
        (t.slug, t.name, ", ".join(t.packs), t.time_zone, t.suspended_at or "", t.erased_at or "", *([cell] * several))
        for cell, t in everyone.found
    ]
    heads = ("slug", "name", "packs", "time zone", "suspended", "erased", *(["cell"] * several))
    answer_table(found, heads, rows, empty="No tenant yet: guibin tenant create", json=json)
    if everyone.away:
        fail(
            "; ".join(
                f"cell {cell} is away, with {', '.join(slugs) or 'no company'}" for cell, slugs in everyone.away.items()
            )
        )


@app.command
async def show(slug: str, *, json: Json = False) -> None:
    """One company."""
    async with environment.owner(slug) as connection:
        tenant = await registry.by_slug(connection, slug)
    answer_table(tenant, ("", ""), fields_of(tenant), json=json)


@app.command
async def suspend(
    slug: str, *, because: Annotated[str, Parameter(help="Why, for whoever asks.")], json: Json = False
) -> None:
    """Answer 403 to everything of this company and let its jobs wait."""
    async with environment.owner(slug) as connection:
        await registry.suspend(connection, slug, because=because, now=real_clock())
    answer({"slug": slug, "suspended": because}, f"Tenant {slug} is suspended.", json=json)


@app.command
async def resume(slug: str, *, json: Json = False) -> None:
    """Serve the company again."""
    async with environment.owner(slug) as connection:
        await registry.resume(connection, slug)
    answer({"slug": slug, "suspended": None}, f"Tenant {slug} is served again.", json=json)


@app.command
async def freeze(
    slug: str, *, because: Annotated[str, Parameter(help="Why, for whoever asks.")], json: Json = False
) -> None:
    """Let the company be read-only: people sign in, look and export; nothing is written, and its jobs and deadlines wait."""
    async with environment.owner(slug) as connection:
        tenant = await registry.freeze(connection, slug, because=because, now=real_clock())
        rests = await freezing.at_rest(connection)
    said = (
        "nothing of it is written any more"
        if rests
        else "something that had begun before still writes: the same command again waits for it"
    )
    answer(structs.asdict(tenant) | {"at_rest": rests}, f"Tenant {slug} is frozen; {said}.", json=json)


@app.command
async def thaw(slug: str, *, json: Json = False) -> None:
    """Let the company be written again; what waited runs now."""
    async with environment.owner(slug) as connection:
        tenant = await registry.thaw(connection, slug)
    answer(tenant, f"Tenant {slug} is written again.", json=json)


@domains.command
async def add(slug: str, domain: str, *, json: Json = False) -> None:
    """Let a host name, or the domain of its people's mail addresses, be this company's and no other's."""
    with environment.urls() as urls:
        async with directory.claiming(urls.owner, slug, domain), environment.owner(slug) as connection:
            tenant = await registry.add_domain(connection, slug, domain)
    answer(tenant, f"Tenant {slug} has {', '.join(tenant.domains)}.", json=json)


@domains.command(name="list")
async def list_domains(slug: str, *, json: Json = False) -> None:
    """Those of this company."""
    async with environment.owner(slug) as connection:
        tenant = await registry.by_slug(connection, slug)
    rows = [(domain,) for domain in tenant.domains]
    answer_table(tenant.domains, ("domain",), rows, empty=f"None: guibin tenant domain add {slug}", json=json)


@domains.command
async def remove(slug: str, domain: str, *, json: Json = False) -> None:
    """Let it be nobody's."""
    with environment.urls() as urls:
        async with directory.claiming(urls.owner, slug), environment.owner(slug) as connection:
            tenant = await registry.remove_domain(connection, slug, domain)
    answer(tenant, f"Tenant {slug} has {', '.join(tenant.domains) or 'no domain'}.", json=json)


@app.command
async def share(
    slug: str,
    percent: Annotated[int | None, Parameter(help="1 to 100; without it the usual share.")] = None,
) -> None:
    """Let at most so many percent of what a worker does at once be this company's jobs."""
    async with environment.owner(slug) as connection:
        await registry.share(connection, slug, percent)
    out.print(f"Tenant {slug} has {'the usual share' if percent is None else f'{percent} %'} of each worker.")


@app.command
async def allow(
    slug: str,
    per_second: Annotated[int | None, Parameter(help="Units in a second; without it as many as any company.")] = None,
) -> None:
    """Let the company ask so much of each API process; its usage page says so."""
    async with environment.owner(slug) as connection:
        await registry.allow(connection, slug, per_second)
    out.print(f"Tenant {slug} may ask {'as much as any' if per_second is None else f'{per_second} units a second'}.")


@app.command
async def automations(slug: str, state: Literal["stop", "go"], *, json: Json = False) -> None:
    """Stop all that the company's automations do, at once, or let those that are on go on."""
    async with environment.inside(slug) as session:
        await settings.write(STOPPED, state == "stop")
        await noted("automation.operator", session.act, subject="automation", purpose=state)
    said = "are stopped" if state == "stop" else "that are on go on"
    answer({"slug": slug, "automations": state}, f"The automations of {slug} {said}.", json=json)


@app.command
async def allow_packs(slug: str, packs: list[str] | None = None, /, *, json: Json = False) -> None:
    """Let the company's admin switch these packs on and off, and no others; without any, only operators switch packs."""
    installed = environment.packs()
    for name in packs or ():
        installed.value(name)
    with environment.urls() as urls:
        await provisioning.make_tables(await directory.owner_url(urls.owner, slug), installed, packs or ())
    async with environment.owner(slug) as connection:
        tenant = await registry.allow_packs(connection, slug, packs or ())
    said = f"may switch {', '.join(tenant.packs_allowed)}" if tenant.packs_allowed else "may switch no pack"
    answer(tenant, f"The admin of {slug} {said}.", json=json)


@app.command
async def move(
    slug: str,
    *,
    to: Annotated[str, Parameter(help="The cell that shall have it; see guibin cell list.")] = "",
    give_up: Annotated[bool, Parameter(help="Let it stay where it is, and erase what was copied.")] = False,
    json: Json = False,
) -> None:
    """Bring a company to another cell while it is served; again where it was broken off. It stands still for a moment at the end."""
    with environment.urls() as urls:
        if not cells.used():
            raise Invalid.at("to", f"one of several cells: {cells.VARIABLE} names them", "see docs/operating.md", to)
        if give_up == bool(to):
            raise Invalid.at("to", "a cell, or --give-up without one", value=to)
        if give_up:
            await moving.give_up(urls.owner, slug, say=say)
            return
        moved = await moving.move(urls.owner, slug, to, say=say)
    answer(moved, f"Tenant {slug} is on {moved.target}; {moved.rows} rows were erased on {moved.source}.", json=json)


@app.command
async def erase(
    slug: str,
    *,
    yes: Annotated[str, Parameter(help="The slug again, for a script; without it the question is asked.")] = "",
    json: Json = False,
) -> None:
    """Delete everything a suspended company has, for ever: rows, keys, jobs. Its slug is not given to another."""
    refuse_unless_typed(slug, yes, f"Everything of {slug} will be gone for ever.")
    with environment.urls() as urls:
        await directory.refuse_moving(urls.owner, slug)
    async with environment.owner(slug) as connection:
        tenant = await registry.by_slug(connection, slug)
        if tenant.purge is not None:
            raise purges.PurgeAsked(f"guibin tenant purge confirm {slug}, or withdraw {slug} first")
        done = await erasure.erase(connection, slug, by=environment.operator().name, now=real_clock())
    with environment.urls() as urls:
        await directory.bury(urls.owner, tenant.id)
    environment.use_files()
    await file_places.forget(tenant.id)
    answer_table(done, ("table", "rows deleted"), sorted(done.rows.items()), empty="Nothing was left of it.", json=json)
    if not json:
        out.print(f"Tenant {slug} is erased, {sum(done.rows.values())} rows. Backups keep it until they expire.")


@Parameter(name="*")
@dataclass(frozen=True)
class Pack:
    """Where a company's exit pack goes and what is in it, or which is to be checked."""

    to: Annotated[
        Path | None, Parameter(help="A folder that is not there yet: it gets its name when the pack is whole.")
    ] = None
    clear: Annotated[
        bool,
        Parameter(
            help="Confidential values and files in clear; that they leave, and to whom, is on record.", negative=""
        ),
    ] = False
    check: Annotated[Path | None, Parameter(help="Say whether the pack in this folder is whole and its log holds.")] = (
        None
    )


@app.command(name="exit")
async def exit_(slug: str = "", *, pack: Pack | None = None, why: Why | None = None, json: Json = False) -> None:
    """Write everything a company holds into a folder in open formats, with its files and its log, signed; or check such a folder."""
    pack = pack or Pack()
    if pack.check is not None:
        _check(pack.check, json=json)
        return
    if not slug or pack.to is None:
        raise Invalid.at(
            "to", "a company and where its pack goes, or --check FOLDER", "guibin tenant exit SLUG --to FOLDER"
        )
    # Read by this command alone: they need every slice.
    from guibin import catalog  # noqa: F401
    from guibin.exits import actions as exits
    from guibin.exits.requests import NewExit

    environment.use_files()
    async with environment.inside(slug) as session:
        new = NewExit(**asdict(why or Why()), clear=pack.clear)
        done = await exits.write(pack.to.absolute(), new, session.act, say=say)
    answer(
        done,
        f"Everything of {slug} is in {pack.to}: {done.tables} tables, {done.rows} rows, {done.files} files,"
        f" {done.bytes} bytes.\nSHA-256 of its manifest: {done.root}",
        json=json,
    )


def _check(folder: Path, *, json: bool) -> None:
    """What is proved, a sentence each; exit code 1 at the first thing that is wrong."""
    from guibin.evidence import verify as verifying

    try:
        found = verifying.verify_exit(folder)
    except verifying.Wrong as wrong:
        fail(verifying.SAYS[wrong.says][1].format(**wrong.values))
    except OSError as error:
        fail(verifying.SAYS["unread"][1].format(file=error.filename, because=error.strerror))
    said = [
        verifying.SAYS[says][1].format(**values) for says, values in verifying.sentences_of_exit(found, pinned=False)
    ]
    answer({"root": found.root, "files": found.files, "bytes": found.bytes, "says": said}, "\n".join(said), json=json)
