"""Pages that packs bring along: checked at the start, shown to the companies that have the pack."""

from collections.abc import Iterable, Iterator

from litestar import Controller, Response, get

from guibin.console import additions, assets, shell
from guibin.console.navigation import GROUPS, Entry
from guibin.console.shell import Shell
from guibin.console.studio import Studio
from guibin.packs import BadPack, Hooks
from guibin_tenants.principals import anyone


class PackPages(Controller):
    path = f"{shell.PREFIX}/packs"
    include_in_schema = False

    @get("/{pack:str}/{name:str}", needs=anyone)
    async def page(self, pack: str, name: str, shell: Shell) -> Response[str]:
        return shell.page("console/added.html", added=await additions.page(pack, name, shell))


def studio_of(slices: list[str], entries: Iterable[Entry], packs: Hooks) -> Studio:
    """The console with what all packs add. Raises BadPack for what lacks a text, a template, an icon or a group."""
    folders = packs.templates()
    taken = sorted({*slices, "console"} & folders.keys())
    if taken:
        raise BadPack(f"pack {taken[0]!r} is called as a part of the core's console: it may not have pages of its own")
    studio = Studio(slices, [*entries, *_entries(packs)], folders)
    wrong = list(_wrong(studio, packs))
    if wrong:
        raise BadPack("; ".join(wrong))
    return studio


def _entries(packs: Hooks) -> Iterator[Entry]:
    for pack, page in packs.pages():
        yield Entry(
            title=f"{pack}.page.{page.name}",
            path=additions.address(pack, page.name),
            icon=page.icon,
            needs=page.needs,
            group=page.group,
            order=page.order,
            pack=pack,
        )


def _wrong(studio: Studio, packs: Hooks) -> Iterator[str]:
    """What would fail before whoever opens the page."""
    made = [
        *((pack, page.template) for pack, page in packs.pages()),
        *((pack, panel.template) for pack, panel in packs.panels()),
    ]
    said = [
        (pack, f"{kind}.{each.name}")
        for kind, declared in (
            ("page", packs.pages()),
            ("panel", packs.panels()),
            ("tile", packs.tiles()),
            ("column", packs.columns()),
        )
        for pack, each in declared
    ]
    yield from (f"pack {pack!r} has no template {name!r}" for pack, name in made if not studio.has(f"{pack}/{name}"))
    yield from (
        f"pack {pack!r} has no text {key!r} in its templates' zh.toml and en.toml"
        for pack, key in said
        if not studio.words.has(f"{pack}.{key}")
    )
    for pack, page in packs.pages():
        if page.icon not in assets.manifest().icons:
            yield f"pack {pack!r}, page {page.name!r}: no icon {page.icon!r}"
        if page.group not in GROUPS:
            yield f"pack {pack!r}, page {page.name!r}: the menu has no group {page.group!r}, only {', '.join(GROUPS)}"
