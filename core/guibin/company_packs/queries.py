"""The company's packs, and what each brings beside its regulation."""

from collections.abc import Iterator

from msgspec import Struct

from guibin.context import Act
from guibin.hookspecs import Reaction
from guibin.jobs.kinds import kind_of
from guibin.packs import Hooks
from guibin_tenants import registry
from guibin_tenants.refusals import NotFound
from guibin_tenants.registry import Switchable
from guibin_tenants.scope import fetch_value


class PackState(Struct, frozen=True, kw_only=True):
    """An industry pack: whether the company has it, and whether its own admin may switch it. `put_aside`: it could not start,
    and what it brings is not there until whoever operates the service mended it. `version` is what the company goes by;
    `upgrade_waits` where another one is installed, and its admin says from when it holds."""

    name: str
    regulation: str
    enabled: bool
    may_switch: bool
    put_aside: bool = False
    version: str = ""
    upgrade_waits: bool = False


class Brought(Struct, frozen=True, kw_only=True):
    """What a pack adds beside its regulation: `kind` is route, job, event, figure, import, reaction, page, panel, tile or column, `name` which."""

    kind: str
    name: str


class Kept(Struct, frozen=True, kw_only=True):
    """A table of the pack's own, and how many rows of the company's stand in it."""

    table: str
    rows: int


async def listed(act: Act) -> list[PackState]:
    """The packs that the company has, and those that its admin may switch on, by name."""
    known, packs = await registry.packs_of(), act.hooks.installed
    named = sorted({*packs.names, *packs.aside} & {*known.packs, *known.allowed})
    return [state_of(name, known, act.hooks) for name in named]


async def state(name: str, act: Act) -> PackState:
    """One of those listed. Raises NotFound."""
    return state_of(name, await registry.packs_of(), act.hooks)


def state_of(name: str, known: Switchable, hooks: Hooks) -> PackState:
    """Raises NotFound for a pack that there is not, or that is nothing to the company."""
    packs = hooks.installed
    if name not in {*packs.names, *packs.aside} & {*known.packs, *known.allowed}:
        raise NotFound(f"The company has no pack {name!r}, and its admin may switch none of that name on")
    there = hooks if name in hooks.names else packs
    return PackState(
        name=name,
        regulation=name if name in packs.aside else there.value(name).regulation,
        enabled=name in known.packs,
        may_switch=name in known.allowed and (name in known.packs or name not in packs.aside),
        put_aside=name in packs.aside,
        version="" if name in packs.aside else there.value(name).version,
        upgrade_waits=name in hooks.names and name in hooks.waiting(),
    )


def brought(hooks: Hooks) -> tuple[Brought, ...]:
    """What these packs add, in one order."""
    return tuple(Brought(kind=kind, name=name) for kind, name in _brought(hooks))


async def kept(hooks: Hooks) -> tuple[Kept, ...]:
    """What the company has in the tables of these packs; nothing of a table that is not made yet."""
    found = []
    for table in hooks.tables():
        name = table._meta.tablename
        rows = await fetch_value(f"select count(*) from {name}") if await stands(name) else 0
        found.append(Kept(table=name, rows=rows))
    return tuple(found)


async def stands(table: str) -> bool:
    """Whether the table was made."""
    return bool(await fetch_value("select to_regclass($1) is not null", f"public.{table}"))


def _brought(hooks: Hooks) -> Iterator[tuple[str, str]]:
    # Only where a pack is asked for whole is what serves loaded.
    from litestar import Router

    router = Router("/", route_handlers=list(hooks.controllers()))
    for route in sorted(router.routes, key=lambda route: route.path):
        yield from (("route", f"{method} {route.path}") for method in sorted(route.methods - {"OPTIONS"}))
    for job in hooks.jobs():
        yield "job", f"{kind_of(job.payload)} {job.every}".strip()
    yield from (("event", kind_of(event)) for event in hooks.events())
    yield from (("figure", figure.name) for figure in hooks.figures())
    yield from (("import", kind.name) for kind in hooks.imports())
    yield from (("reaction", _reaction(one)) for one in hooks.reactions())
    yield from (("page", page.name) for _, page in hooks.pages())
    yield from (("panel", panel.name) for _, panel in hooks.panels())
    yield from (("tile", tile.name) for _, tile in hooks.tiles())
    yield from (("column", column.name) for _, column in hooks.columns())


def _reaction(reaction: Reaction) -> str:
    return f"{reaction.handler.__name__} ({reaction.event.__name__})"
