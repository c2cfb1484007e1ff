"""The policy as pages: what changed and is to be read, whose each part is, and a post proposing other figures for its own."""

from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Controller, Response, get, post
from msgspec import Struct
from msgspec.structs import replace

from guibin.console import forms
from guibin.console.commands import Command, Commands
from guibin.console.forms import Choice
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.notation.plausible import Plausible
from guibin.policy.packs import Overrides
from guibin.policy.parts import PolicyPart
from guibin.policy.sentences import exact, is_currency
from guibin.policy.settings import Setting
from guibin.policy.switches import called
from guibin.policy.texts import Text
from guibin.policy.words import Code, FullLine, Reason
from guibin.web.listing import PageAsked
from guibin_tenants.refusals import Invalid, NotFound, Refusal

from . import actions, announcing, queries
from .api import DRAFTS, PROPOSE, READ, WATCH
from .queries import ANNOUNCEMENTS, PROPOSALS, AnnouncementFilter, ProposalFilter, looking
from .requests import NewPolicyProposal
from .wording import element_title, section_title

NAME, PATH = "policy_changes", f"{PREFIX}/policy"
ENTRIES = (Entry(title=f"{NAME}.title", path=PATH, icon="book", needs=READ, group="govern", order=30),)
_SHOWN = 30


class ProposedFigure(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another figure for one setting of the part: money in its currency's whole units, such as 60000.00."""

    figure: Code
    value: FullLine
    effective_on: date | None = None
    note: Reason


class Held(Struct, frozen=True):
    """An element that a part covers: of which section, what it is called, its figure if it is one, and its clause."""

    section: str
    title: str
    value: str
    clause: str


READINGS = Commands(
    NAME,
    "announcement_id",
    f"{PATH}/announcements",
    Command(name="confirm", action=announcing.confirm, icon="check", key="r", main=True),
    needs=READ,
)


class PolicyScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ)
    async def overview(self, shell: Shell) -> Response[str]:
        known = await looking(shell.act)
        told = await ANNOUNCEMENTS.page(AnnouncementFilter(), PageAsked(_SHOWN), shell.act, **known)
        drafts = DRAFTS(shell.act.by)
        proposed = (await PROPOSALS.page(ProposalFilter(), PageAsked(_SHOWN), shell.act)).items if drafts else []
        return shell.page(
            "policy_changes/policy.html",
            told=told.items,
            proposed=proposed,
            drafts=drafts,
            parts=await queries.parts(replace(shell.act, language=shell.language)),
            said=lambda text: text.in_language(shell.language),
            may_propose=PROPOSE(shell.act.by),
        )

    # A notice and a row of the work list lead to the change by its id alone.
    @get("/{announcement_id:uuid}", needs=READ)
    async def announcement(self, announcement_id: UUID, shell: Shell) -> Response[str]:
        shown = await queries.announcement(announcement_id, shell.act)
        return shell.page(
            "policy_changes/announcement.html",
            one=shown,
            readers=await queries.readers(announcement_id, shell.act) if WATCH(shell.act.by) else [],
            said=lambda text: text.in_language(shell.language),
            commands=READINGS.allowed(shell, "confirm") if shown.concerns_me and shown.read_at is None else [],
            address=lambda name: READINGS.address(announcement_id, name),
        )

    @get("/proposals/{proposal_id:uuid}", needs=DRAFTS)
    async def proposal(self, proposal_id: UUID, shell: Shell) -> Response[str]:
        return shell.page(
            "policy_changes/proposal.html",
            one=await queries.proposal(proposal_id),
            said=lambda text: text.in_language(shell.language),
        )

    @get("/parts/{part:str}", needs=READ)
    async def part(self, part: str, shell: Shell) -> Response[str]:
        return _part_page(_known(part, shell), shell, {}, {}, 200)

    @post("/parts/{part:str}", needs=PROPOSE, confirmed=True, status_code=200)
    async def propose(self, part: str, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        known = _known(part, shell)
        try:
            new = _proposal(known, forms.taken(ProposedFigure, given, shell), shell)
            made = await actions.propose(new, shell.act)
        except Refusal as refusal:
            return _part_page(known, shell, given, *forms.wrong(refusal, shell))
        done = "enacted" if made.outcome else "proposed"
        return shell.done(shell.says(f"{NAME}.done.{done}"), goes_to=f"{PATH}/proposals/{made.id}")

    ask, do = READINGS.handlers("/announcements/{announcement_id:uuid}", needs=READ)


def _known(name: str, shell: Shell) -> PolicyPart:
    part = shell.act.policy.part(name)
    if part is None:
        raise NotFound(f"The policy has no part {name}")
    return part


def _figures(part: PolicyPart, shell: Shell) -> list[Setting]:
    return [one for one in shell.act.policy.settings if part.names("settings", (one.name,)) and not one.words]


def _proposal(part: PolicyPart, given: ProposedFigure, shell: Shell) -> NewPolicyProposal:
    """Raises Invalid for a figure that is not the part's, and for what is no figure."""
    setting = next((one for one in _figures(part, shell) if one.name == given.figure), None)
    if setting is None:
        raise Invalid.at("figure", "a figure of this part", value=given.figure)
    factor = 100 if is_currency(setting.unit) else 1
    try:
        value = Decimal(given.value.replace(",", "").replace("，", "").strip()) * factor
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value != value.to_integral_value() or abs(value) > 10**15:
        raise Invalid.at("value", "a number", value=given.value)
    return NewPolicyProposal(
        part=part.name,
        overrides=Overrides(settings=(replace(setting, value=int(value)),)),
        effective_from=_begins(given.effective_on, shell),
        note=given.note,
    )


def _begins(on: date | None, shell: Shell) -> datetime | None:
    if on is None or on == shell.act.today:
        return None
    return datetime.combine(on, time(), ZoneInfo(shell.act.company.time_zone))


def _part_page(
    part: PolicyPart, shell: Shell, given: dict[str, list[str]], errors: dict[str, str], status: int
) -> Response[str]:
    figures = [
        Choice(one.name, f"{shell.named(f'setting.{one.name}')} · {_said(one, shell)}") for one in _figures(part, shell)
    ]
    mine = PROPOSE(shell.act.by) and queries.holds(shell.act.by, part)
    form = forms.Form(kind=ProposedFigure, slice_name=NAME, choices={"figure": figures})
    return shell.page(
        "policy_changes/part.html",
        status=int(status),
        part=part,
        held=list(_held(part, shell)),
        fields=form.fields(shell, given, errors) if mine and figures else [],
        problem=errors.get("", ""),
        flow=shell.act.policy.approval(part.approval) if part.approval else None,
    )


def _held(part: PolicyPart, shell: Shell) -> Iterator[Held]:
    """What the part covers, figures first."""
    policy = shell.act.policy
    for section in sorted({one.partition(".")[0] for one in part.covers}, key=lambda name: name != "settings"):
        for one in _elements(getattr(policy, section)):
            names = (called(section, one), getattr(one, "scheme", ""))
            if part.names(section, names):
                title = element_title(one, names, section, policy).in_language(shell.language)
                value = _said(one, shell) if isinstance(one, Setting) and not one.words else ""
                heading: Text = section_title(section)
                yield Held(heading.in_language(shell.language), title, value, getattr(one, "clause", ""))


def _elements(value: Any) -> tuple[Any, ...]:
    if isinstance(value, tuple):
        return tuple(one for one in value if isinstance(one, Struct))
    return (value,) if isinstance(value, Struct) else ()


def _said(setting: Setting, shell: Shell) -> str:
    return exact(setting.value, setting.unit, shell.named(f"unit.{setting.unit}"), shell.language)
