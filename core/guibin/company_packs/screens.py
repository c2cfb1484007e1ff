"""The company's industry packs by page: what each brings, and switching one once it was seen what comes and what goes."""

from collections.abc import Mapping, Sequence

from litestar import Controller, Response, get, post
from msgspec import Struct

from guibin.console import forms
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.policy.packs import Pack, Sections
from guibin.policy.switches import called
from guibin.policy_changes.api import DRAFTS
from guibin.policy_changes.wording import element_title, section_title
from guibin_tenants.principals import may, sees_all
from guibin_tenants.refusals import Invalid, Refusal

from . import actions, queries, upgrades
from .actions import PackPreview, PackSwitch
from .api import WRITE
from .queries import PackState
from .upgrades import UpgradeDecision

NAME = "company_packs"
PACKS, SWITCHES, UPGRADES = f"{PREFIX}/packs", f"{PREFIX}/pack-switches", f"{PREFIX}/pack-upgrades"
# What names things, and what says where they are proved: nothing of it is a rule by itself.
_ASIDE = frozenset({"texts", "organisations", "rules"})
ENTRIES = (Entry(title=f"{NAME}.title", path=PACKS, icon="packages", needs=DRAFTS, group="govern", order=34),)


class Section(Struct, frozen=True):
    """A section of what a pack brings: what it is called, how many, which, and by which clauses."""

    title: str
    count: int
    names: tuple[str, ...]
    clauses: tuple[str, ...]


class PackView(Struct, frozen=True):
    """A pack and whether the company has it: what it brings to the policy, and its own pages."""

    state: PackState
    sections: tuple[Section, ...]
    pages: tuple[tuple[str, str], ...]


class PackScreens(Controller):
    path = PACKS
    include_in_schema = False

    @get("/", needs=may("policy:read"))
    async def packs(self, shell: Shell) -> Response[str]:
        states = await queries.listed(shell.act)
        return shell.page(
            "company_packs/packs.html",
            packs=[_pack(state, shell) for state in sorted(states, key=lambda state: (not state.enabled, state.name))],
            switches=WRITE(shell.act.by),
            address=SWITCHES,
            upgrades=UPGRADES,
        )


class PackSwitchScreens(Controller):
    path = SWITCHES
    include_in_schema = False

    @get("/{name:str}", needs=WRITE)
    async def ask(self, name: str, shell: Shell) -> Response[str]:
        """First what would come and go, then the word that does it."""
        return await _page(name, shell, ({}, {}, 200))

    @post("/{name:str}/{to:str}", needs=WRITE, confirmed=True, status_code=200)
    async def switch(self, name: str, to: str, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        try:
            action = actions.enable if to == "on" else actions.end
            state = await action(name, forms.taken(PackSwitch, given, shell), shell.act)
        except Refusal as refusal:
            return await _page(name, shell, (given, *forms.wrong(refusal, shell)))
        said = "enable" if state.enabled else "end"
        return shell.done(shell.says(f"{NAME}.done.{said}", pack=state.regulation), goes_to=PACKS)


class PackUpgradeScreens(Controller):
    path = UPGRADES
    include_in_schema = False

    @get("/{name:str}", needs=may("policy:read") & sees_all)
    async def ask(self, name: str, shell: Shell) -> Response[str]:
        """First what the upgrade would change, what the company's own keeps and what contradicts it, then the word that does it."""
        return await _upgrade_page(name, shell, ({}, {}, 200))

    @post("/{name:str}", needs=WRITE, confirmed=True, status_code=200)
    async def decide(self, name: str, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        try:
            seen = await upgrades.decide(name, forms.taken(UpgradeDecision, given, shell), shell.act)
        except Refusal as refusal:
            return await _upgrade_page(name, shell, (given, *forms.wrong(refusal, shell)))
        return shell.done(shell.says(f"{NAME}.done.upgrade", pack=seen.regulation), goes_to=PACKS)

    @post("/{name:str}/ending", needs=WRITE, confirmed=True, status_code=200)
    async def withdraw(self, name: str, shell: Shell) -> Response[str]:
        try:
            seen = await upgrades.withdraw(name, shell.act)
        except Refusal as refusal:
            return await _upgrade_page(name, shell, ({}, *forms.wrong(refusal, shell)))
        return shell.done(shell.says(f"{NAME}.done.withdraw", pack=seen.regulation), goes_to=PACKS)


# What was sent, what is wrong with it by field, and the status of the answer.
_Sent = tuple[Mapping[str, Sequence[str]], Mapping[str, str], int]


async def _page(name: str, shell: Shell, sent: _Sent) -> Response[str]:
    given, wrong, status = sent
    preview: PackPreview | None = None
    leaning: list[str] = []
    state = await queries.state(name, shell.act)
    try:
        preview = await actions.preview(name, shell.act)
    except Invalid as refusal:
        # What of the company's own leans on the pack.
        leaning = [f"{one.field}{shell.says('colon')}{one.value}" for one in refusal.fields]
    form = forms.Form(kind=PackSwitch, slice_name=NAME)
    return shell.page(
        "company_packs/switch.html",
        status=int(status),
        state=state,
        preview=preview,
        leaning=leaning,
        fields=form.fields(shell, given, wrong),
        problem=wrong.get("", ""),
        address=f"{SWITCHES}/{name}/{'off' if state.enabled else 'on'}",
        said=lambda text: text.in_language(shell.language),
    )


async def _upgrade_page(name: str, shell: Shell, sent: _Sent) -> Response[str]:
    given, wrong, status = sent
    state = await queries.state(name, shell.act)
    seen = await upgrades.upgrade(name, shell.act) if state.upgrade_waits else None
    form = forms.Form(kind=UpgradeDecision, slice_name=NAME, hidden=frozenset({"digest"}))
    known = {"digest": [seen.digest]} if seen is not None else {}
    return shell.page(
        "company_packs/upgrade.html",
        status=int(status),
        state=state,
        seen=seen,
        writes=WRITE(shell.act.by),
        fields=form.fields(shell, {**known, **given}, wrong),
        problem=wrong.get("", ""),
        address=f"{UPGRADES}/{name}",
        said=lambda text: text.in_language(shell.language),
    )


def _pack(state: PackState, shell: Shell) -> PackView:
    if state.put_aside:
        return PackView(state, (), ())
    hooks, name = shell.act.hooks, state.name
    pack = (hooks if name in hooks.names else hooks.installed).value(name)
    brought = [_brought(section, pack, shell) for section in Sections.__struct_fields__ if section not in _ASIDE]
    pages = [page for owner, page in shell.act.hooks.pages() if owner == name and page.needs(shell.act.by)]
    return PackView(
        state,
        tuple(section for section in brought if section.count),
        tuple((f"{PACKS}/{name}/{page.name}", shell.says(f"{name}.page.{page.name}")) for page in pages),
    )


def _brought(section: str, pack: Pack, shell: Shell) -> Section:
    """What the pack says itself: a section that is one thing counts where it says more than nothing."""
    value = getattr(pack, section)
    elements = value if isinstance(value, tuple) else (value,) if isinstance(value, Struct) else ()
    titles = [
        element_title(one, (called(section, one),), section, shell.act.policy).in_language(shell.language)
        for one in elements
        if isinstance(value, tuple)
    ]
    clauses = {clause for one in elements if (clause := getattr(one, "clause", ""))}
    return Section(
        section_title(section).in_language(shell.language),
        len(elements),
        tuple(dict.fromkeys(titles)),
        tuple(sorted(clauses)),
    )
