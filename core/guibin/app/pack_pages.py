"""Pages that packs bring along: checked at the start, shown to the companies that have the pack."""

from collections.abc import Iterable, Iterator

from litestar import Controller, Response, get

from guibin.console import additions, assets, shell
from guibin.console.navigation import GROUPS, Entry
from guibin.console.shell import Shell
from guibin.console.studio import Studio
from guibin.packs import BadPack, Hooks
from guibin.policy.problems import PackProblem
from guibin_tenants.principals import anyone


class PackPages(Controller):
    path = f"{shell.PREFIX}/packs"
    include_in_schema = False

    @get("/{pack:str}/{name:str}", needs=anyone)
    async def page(self, pack: str, name: str, shell: Shell) -> Response[str]:
        return shell.page("console/added.html", added=await additions.page(pack, name, shell))


def studio_of(slices: list[str], entries: Iterable[Entry], packs: Hooks, *, taken: Iterable[str] = ()) -> Studio:
    """The console with what all packs add; `taken` are names that are no pack's, beside the slices'. Raises BadPack for what
    lacks a text, a template, an icon or a group."""
    folders = packs.templates()
    foreign = sorted({*slices, *taken, "console"} & folders.keys())
    if foreign:
        rule = "is called as a part of the core's console: it may not have pages of its own"
        raise BadPack(PackProblem(foreign[0], "it", rule, "call the pack otherwise"))
    studio = Studio(slices, [*entries, *_entries(packs)], folders)
    wrong = list(_wrong(studio, packs))
    if wrong:
        raise BadPack(*wrong)
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


def _wrong(studio: Studio, packs: Hooks) -> Iterator[PackProblem]:
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
    for pack, name in made:
        if not studio.has(f"{pack}/{name}"):
            yield PackProblem(pack, "it", f"has no template {name!r}", "", "templates")
    for pack, key in said:
        if not studio.words.has(f"{pack}.{key}"):
            yield PackProblem(
                pack, "it", f"has no text {key!r}", "say it in both languages", "templates/zh.toml, en.toml"
            )
    for pack, page in packs.pages():
        if page.icon not in assets.manifest().icons:
            yield PackProblem(pack, f"page {page.name!r}:", f"no icon {page.icon!r}", "one of assets/icons.txt")
        if page.group not in GROUPS:
            rule = f"the menu has no group {page.group!r}"
            yield PackProblem(pack, f"page {page.name!r}:", rule, f"one of: {', '.join(GROUPS)}")
