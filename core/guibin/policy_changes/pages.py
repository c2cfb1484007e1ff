"""The company's own policy as pages: part by part, a form from its structs, the clause beside it, what would change, when."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from litestar import Controller, Response, get, post
from litestar.params import Parameter
from msgspec import Struct, structs

from guibin.console import forms
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.notation.plausible import Plausible
from guibin.policies.queries import PolicyVersionView, merged
from guibin.policies.queries import versions as all_versions
from guibin.policy.criteria import settings_in
from guibin.policy.packs import Overrides, Policy
from guibin.policy.settings import Setting
from guibin.policy.switches import NEEDED
from guibin.policy.texts import Text
from guibin.policy.tiers import TierScheme
from guibin.policy.words import Reason
from guibin.tiers.simulation import NewSimulation, SimulationView, simulate
from guibin_tenants.principals import may, sees_all
from guibin_tenants.refusals import Invalid, NotFound, Refusal

from . import drafts, effects, places, versions
from .additions import addable, texts_for, title_keys
from .api import AMEND, DRAFTS
from .api import SIMULATE as REPLAY
from .choices import title_of
from .places import Element
from .requests import DraftChange, OwnFilter, PolicyAmendment, Referred
from .values import COUNT, Box, Cell, Sheet, read
from .versions import Amended, Checked
from .wording import element_title, section_title, without_places

NAME, OWN = "policy_changes", f"{PREFIX}/policy/own"

ENTRIES = (Entry(title=f"{NAME}.own.title", path=OWN, icon="adjustments", needs=DRAFTS, group="govern", order=31),)
SIMULATE = may("tiers:assess") & sees_all
_SHOWN_MAX = 200
Searched = Annotated[str, Parameter(max_length=100)]
ElementName = Annotated[str, Parameter(max_length=200)]


class When(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From which day it holds, at once without, and why."""

    effective_on: date | None = None
    note: Reason


class Line(Struct, frozen=True):
    """An element in a list: what it is called, its figure if it is one, its clause; `own` where the company says it itself."""

    name: str
    title: str
    value: str
    clause: str
    own: bool


# Parts of which last quarter says what a change would have meant.
REPLAYED = ("complaints", "cadences", "entitlements")


class Shown(Struct, frozen=True, kw_only=True):
    """What a form shows beside its fields: what came of checking or simulating it."""

    given: Mapping[str, list[str]] = {}
    errors: Mapping[str, str] = {}
    status: int = 200
    checked: Checked | None = None
    simulated: tuple[SimulationView, ...] = ()
    removal: drafts.Removal | None = None
    replayed: effects.Replayed | None = None


class OwnPolicyScreens(Controller):
    path = OWN
    include_in_schema = False

    @get("/", needs=DRAFTS)
    async def overview(self, shell: Shell) -> Response[str]:
        known = await all_versions()
        own = await versions.own(OwnFilter(), shell.act)
        return shell.page(
            "policy_changes/own.html",
            sections=_sections(shell, own.overrides),
            own=own,
            versions=[state_of(one, known, shell) for one in known[:_SHOWN_MAX]],
            drafting=await drafts.drafts(shell.act),
            section=lambda name: title_of_section(name, shell),
            said=lambda text: text.in_language(shell.language),
        )

    @get("/{section:str}", needs=DRAFTS)
    async def section(self, section: str, shell: Shell, q: Searched = "") -> Response[str]:
        own = await versions.own(OwnFilter(), shell.act)
        policy = await drafts.policy_of(shell.act)
        shell = drawn(shell, policy)
        lines = list(_lines(_section(section), own.overrides, shell))
        found = [line for line in lines if q.casefold() in f"{line.title} {line.value} {line.clause}".casefold()]
        if len(lines) == 1 and not lines[0].name:
            return await _form(_element(section, "", shell), shell, Shown())
        return shell.page(
            "policy_changes/section.html",
            section=section,
            title=title_of_section(section, shell),
            sections=_sections(shell, own.overrides),
            lines=found[:_SHOWN_MAX],
            more=max(len(found) - _SHOWN_MAX, 0),
            q=q,
            can_add=AMEND(shell.act.by) and addable(policy, section),
            drafting=[one for one in await drafts.drafts(shell.act) if section in one.sections],
        )

    @get("/{section:str}/form", needs=DRAFTS)
    async def form(self, section: str, shell: Shell, name: ElementName = "") -> Response[str]:
        shell = drawn(shell, await drafts.policy_of(shell.act))
        return await _form(_element(section, name, shell), shell, Shown())

    @post("/{section:str}/form", needs=AMEND, confirmed=True, status_code=200)
    async def change(self, section: str, shell: Shell, name: ElementName = "") -> Response[str]:
        given = await forms.sent(shell.request)
        at = drawn(shell, await drafts.policy_of(shell.act))
        element = _element(section, name, at)
        asked, _, path = forms.typed("do", given).partition(":")
        if asked in ("add", "shape"):
            rows = forms.typed(f"{path}.{COUNT}", given)
            more = {f"{path}.{COUNT}": [str(int(rows) + 1 if rows.isdecimal() else 1)]} if asked == "add" else {}
            return await _form(element, at, Shown(given={**given, **more}))
        try:
            if asked == "remove":
                return await _removing(element, shell, sure=path == "sure")
            amendment = _amendment(element, given, at, noted=asked in ("save", "back"))
            if asked == "simulate" and section in REPLAYED and REPLAY(shell.act.by):
                replayed = await effects.simulate(amendment, shell.act)
                return await _form(element, at, Shown(given=given, replayed=replayed))
            if asked == "simulate":
                moved = await _simulated(element, amendment, shell)
                return await _form(element, at, Shown(given=given, simulated=moved))
            if asked == "draft":
                await drafts.gather(DraftChange(overrides=amendment.overrides), shell.act)
                return shell.done(shell.says(f"{NAME}.draft.gathered"), goes_to=f"{PREFIX}/policy/draft")
            if asked not in ("save", "back"):
                return await _form(element, at, Shown(given=given, checked=await versions.check(amendment, shell.act)))
            if asked == "back":
                amendment = structs.replace(amendment, overrides=Overrides(), brought_back=(_back(element),))
            amended = await versions.amend(amendment, shell.act)
        except Refusal as refusal:
            errors, status = forms.wrong(refusal, shell)
            return await _form(element, at, Shown(given=given, errors=_near(errors, element), status=status))
        return made(amended, shell, f"{OWN}/{section}" if element.name else OWN)


async def _removing(element: Element, shell: Shell, *, sure: bool) -> Response[str]:
    """First what refers to it, then it goes into the draft that it is to go."""
    if sure:
        await drafts.gather(DraftChange(removed=(element.path,)), shell.act)
        return shell.done(shell.says(f"{NAME}.draft.gathered"), goes_to=f"{PREFIX}/policy/draft")
    removal = await drafts.references(Referred(element=element.path), shell.act)
    return await _form(element, drawn(shell, await drafts.policy_of(shell.act)), Shown(removal=removal))


def made(amended: Amended, shell: Shell, goes_to: str) -> Response[str]:
    """What came of it, in words: it holds, will hold, or waits for its approval."""
    if amended.proposal is not None and amended.became is None:
        return shell.done(
            shell.says(f"{NAME}.done.proposed"), goes_to=f"{PREFIX}/policy/proposals/{amended.proposal.id}"
        )
    later = amended.became is not None and amended.became.effective_from > shell.act.now
    return shell.done(shell.says(f"{NAME}.own.{'scheduled' if later else 'saved'}"), goes_to=goes_to)


def drawn(shell: Shell, policy: Policy) -> Shell:
    """A page that shows this policy, in its names."""
    return structs.replace(shell, act=structs.replace(shell.act, policy=policy))


async def sections_of(shell: Shell) -> list[tuple[str, str, int, bool]]:
    """The parts of the policy beside every page of the editor."""
    return _sections(shell, (await versions.own(OwnFilter(), shell.act)).overrides)


def state_of(
    view: PolicyVersionView, known: Sequence[PolicyVersionView], shell: Shell
) -> tuple[PolicyVersionView, str]:
    """A version and whether it is to come, in force, over, or another took its place before it began."""
    now = shell.act.now
    if any(one.version > view.version and one.effective_from == view.effective_from for one in known):
        return view, "replaced"
    if view.effective_from > now:
        return view, "to_come"
    return view, "in_force" if view.version == shell.act.policy.version else "over"


async def _form(element: Element, shell: Shell, shown: Shown) -> Response[str]:
    given = shown.given
    packs = merged(shell.act.hooks, shell.act.company, Overrides(), version=0)
    beside = next((one for one in places.elements(packs, element.section) if one.path == element.path), None)
    says = read(element, given) if given else places.plain_of(element.value)
    sheet = Sheet(
        element=element,
        says=says,
        packs=places.plain_of(beside.value) if beside is not None else None,
        shell=shell,
        errors=shown.errors,
        given=given,
    )
    cells = sheet.cells()
    held = await versions.own(OwnFilter(section=element.section), shell.act)
    drafting = [one for one in await drafts.drafts(shell.act) if element.section in one.sections]
    when = forms.Form(kind=When, slice_name=NAME).fields(shell, given, shown.errors)
    flows = [flow for part in _parts(element, shell) if (flow := shell.act.policy.approval(part.approval))]
    return shell.page(
        "policy_changes/form.html",
        status=int(shown.status),
        element=element,
        title=called(element, shell),
        heading=title_of_section(element.section, shell),
        cells=cells,
        clauses=list(dict.fromkeys(_clauses(cells, getattr(element.value, "clause", "")))),
        own=_is_own(element, held.overrides),
        latest=held.latest,
        when=when,
        checked=shown.checked,
        simulated=shown.simulated,
        populations=lambda view: [_population(one, shell) for one in view.populations],
        can_simulate=REPLAY(shell.act.by)
        if element.section in REPLAYED
        else bool(_schemes_of(element, shell.act.policy)) and SIMULATE(shell.act.by),
        replays=element.section in REPLAYED,
        may_amend=AMEND(shell.act.by),
        flows=flows,
        parts=_parts(element, shell),
        problems=[text for name, text in shown.errors.items() if name not in _fields(cells) | {"note", "effective_on"}],
        wrong=len(shown.errors),
        removal=shown.removal,
        replayed=shown.replayed,
        level=lambda name: title_of("complaint_level", name, shell) or name,
        where=lambda path: where(path, shell),
        told=lambda one: forms.rule(one.rule, shell.studio, shell.look),
        removable=element.section not in NEEDED or bool(element.name and element.section != "texts"),
        drafting=drafting,
        drafted=any(one.mine for one in drafting),
        said=lambda text: text.in_language(shell.language),
        sections=_sections(shell, held.overrides),
    )


def _population(one: Any, shell: Shell) -> tuple[str, int, int]:
    title = title_of("tier", one.tier, shell) or one.tier if one.tier else shell.says(f"{NAME}.own.no_tier")
    return title, one.before, one.after


def _amendment(element: Element, given: Mapping[str, list[str]], shell: Shell, *, noted: bool) -> PolicyAmendment:
    """Raises Invalid with everything that is wrong, by field; a check needs no reason yet."""
    wrong: list[Any] = []
    changed, value = places.convert(element, read(element, given), wrong, strict=False)
    asked = dict(given) if noted or "".join(given.get("note", ())).strip() else {**given, "note": ["—"]}
    filled = forms.fill(When, asked, shell)
    if wrong:
        refusal = Invalid("Some fields are not valid", fields=tuple(wrong))
        raise forms.NotFilled({**filled.errors, **forms.faults(refusal, shell)})
    when: When = filled.whole()
    latest = forms.typed("made_from", given)
    laid = places.laid(shell.act.policy, [(changed, value)])
    texts = laid.texts | _titles(element, value, given, shell)
    return PolicyAmendment(
        overrides=structs.replace(laid, texts=texts),
        effective_from=begins(when.effective_on, shell),
        made_from=int(latest) if noted and latest.isdecimal() and len(latest) < 7 else None,
        note=when.note,
    )


def _titles(element: Element, value: Any, given: Mapping[str, list[str]], shell: Shell) -> dict[str, Text]:
    """What the sheet calls the element, and what is new in it, where that is said otherwise than it was."""
    policy = shell.act.policy
    made: dict[str, Text] = {}
    for key in given:
        path, _, language = key.rpartition("@")
        if language == "zh":
            name = forms.typed(f"{path}name", given) if path else element.name
            title = Text(forms.typed(key, given), forms.typed(f"{path}@en", given))
            if name and (title.zh or title.en):
                made |= texts_for(value, {name: title}, policy)
            if not path and title.zh and title.en:
                keys = [one for one in title_keys(value, name) if one in policy.texts]
                made |= {one: title for one in keys if policy.texts[one] != title}
    return made


async def _simulated(element: Element, new: PolicyAmendment, shell: Shell) -> tuple[SimulationView, ...]:
    if not SIMULATE(shell.act.by):
        return ()
    found = []
    for scheme in _schemes_of(element, shell.act.policy):
        proposal = next((one for one in new.overrides.schemes if one.name == scheme.name), None)
        asked = NewSimulation(
            scheme=scheme.name, proposal=proposal, settings=list(new.overrides.settings), against="policy", limit=1
        )
        found.append(await simulate(asked, shell.act, as_of=shell.act.today))
    return tuple(found)


def _schemes_of(element: Element, policy: Policy) -> list[TierScheme]:
    """The schemes that a change of this element may move people in."""
    if isinstance(element.value, TierScheme):
        return [element.value]
    if not isinstance(element.value, Setting):
        return []
    name = element.value.name
    return [scheme for scheme in policy.schemes if name in _settings_of(scheme)]


def _settings_of(scheme: TierScheme) -> set[str]:
    named = {name for tier in scheme.tiers if tier.criterion is not None for name in settings_in(tier.criterion)}
    return named | {str(each) for metric in scheme.metrics for each in (metric.at_least, metric.labels_of) if each}


def _parts(element: Element, shell: Shell) -> list[Any]:
    from_names = (element.name, getattr(element.value, "scheme", ""))
    near = [(part.names(element.section, from_names), part) for part in shell.act.policy.parts]
    closest = max((how for how, _ in near), default=0)
    return [part for how, part in near if how == closest] if closest else []


def begins(on: date | None, shell: Shell) -> datetime | None:
    if on is None or on == shell.act.today:
        return None
    return datetime.combine(on, time(), ZoneInfo(shell.act.company.time_zone))


def _near(errors: Mapping[str, str], element: Element) -> dict[str, str]:
    """What is wrong by where it stands on the sheet: a place that a rule calls by its name is found by it, or stands above."""
    found = {}
    for name, text in errors.items():
        path = name.removeprefix("overrides.").removeprefix(element.path).removeprefix(".")
        found[_numbered(places.plain_of(element.value), path) if path else ""] = text
    return found


def _numbered(value: Any, path: str) -> str:
    steps: list[str] = []
    for step in path.split("."):
        if isinstance(value, list):
            names = [one.get("name") if isinstance(one, dict) else None for one in value]
            place = names.index(step) if step in names else int(step) if step.isdecimal() else -1
            value = value[place] if 0 <= place < len(value) else None
            steps.append(str(place) if place >= 0 else step)
        else:
            value = value.get(step) if isinstance(value, dict) else None
            steps.append(step)
    # How long a limit is, and in what it is counted, is one field.
    return ".".join(steps[:-1] if steps[-1] in ("count", "minutes", "type") and len(steps) > 1 else steps)


def _fields(cells: Sequence[Cell | Box]) -> set[str]:
    found: set[str] = set()
    for cell in cells:
        found.add(cell.path)
        if isinstance(cell, Box):
            found |= _fields((*cell.cells, *(cell.rows or ())))
    return found


def _clauses(cells: Sequence[Cell | Box], first: str) -> Iterator[str]:
    if first:
        yield first
    for cell in cells:
        if cell.clause:
            yield cell.clause
        if isinstance(cell, Box):
            yield from _clauses((*cell.cells, *(cell.rows or ())), "")


def _section(section: str) -> str:
    if section not in places.sections():
        raise NotFound("The policy has no such part")
    return section


def _element(section: str, name: str, shell: Shell) -> Element:
    found = next((one for one in places.elements(shell.act.policy, _section(section)) if one.name == name), None)
    if found is None:
        raise NotFound("This part of the policy has no such element")
    return found


def _lines(section: str, own: Overrides, shell: Shell) -> Iterator[Line]:
    for element in places.elements(shell.act.policy, section):
        yield Line(
            element.name,
            called(element, shell),
            _figure(element, shell),
            getattr(element.value, "clause", ""),
            _is_own(element, own),
        )


def _figure(element: Element, shell: Shell) -> str:
    value = element.value
    if isinstance(value, Setting):
        cells = Sheet(element=element, says=places.plain_of(value), packs=None, shell=shell).cells()
        cell = next((one for one in cells if one.path == "value"), None)
        shown = f"{cell.value} {cell.unit}".strip() if isinstance(cell, Cell) else ""
        return shell.joined(value.words) if value.words else shown
    return ""


def called(element: Element, shell: Shell) -> str:
    if element.section == "texts":
        return without_places(element.value.in_language(shell.language))
    if element.name.isdecimal():
        parts = [title_of(kind, getattr(element.value, kind, ""), shell) for kind in ("scheme", "tier")]
        item = title_of("service_item", getattr(element.value, "item", ""), shell)
        return " · ".join(one for one in (*parts, item) if one)
    scheme = getattr(element.value, "scheme", "")
    title = element_title(element.value, (element.name, scheme), element.section, shell.act.policy)
    return title.in_language(shell.language)


def where(path: str, shell: Shell) -> str:
    """Where something stands, in words: its section, and the element of it that the path leads into."""
    section, _, rest = path.partition(".")
    if section not in places.sections():
        return ""
    known = [one for one in places.elements(shell.act.policy, section) if one.name]
    found = [one for one in known if rest == one.name or rest.startswith(f"{one.name}.")]
    title = title_of_section(section, shell)
    return f"{title}{shell.says('colon')}{called(found[-1], shell)}" if found else title


def _is_own(element: Element, own: Overrides) -> bool:
    held = getattr(own, element.section)
    if isinstance(held, dict):
        return element.name in held
    if not isinstance(held, tuple):
        return held is not None
    return any(element.name == getattr(one, "name", None) for one in held) or (element.name.isdecimal() and bool(held))


def _back(element: Element) -> str:
    return element.section if element.name.isdecimal() or not element.name else element.path


def title_of_section(section: str, shell: Shell) -> str:
    return section_title(section).in_language(shell.language)


def _sections(shell: Shell, own: Overrides) -> list[tuple[str, str, int, bool]]:
    """Every part: its name, what it is called, how many elements it has, and whether the company says something of it itself."""
    policy = shell.act.policy
    found = []
    for name in places.sections():
        count = len(places.elements(policy, name))
        if count:
            found.append((name, title_of_section(name, shell), count, getattr(own, name) not in (None, (), {})))
    return found
