"""One customer on one page: who it is, why the tier, what is left, what comes up, what happened, who looked."""

import contextlib
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

from litestar import Controller, Response, get, post
from msgspec import Struct

from guibin.activities.choices import told
from guibin.assignments import actions as assignments
from guibin.cards import eligibility
from guibin.cards.eligibility import Eligible
from guibin.complaints import queries as complaints
from guibin.console import additions, forms
from guibin.console import choices as shared
from guibin.console.commands import Command, Commands
from guibin.console.moments import Clock, Deadline, Due
from guibin.console.shell import PREFIX, Shell
from guibin.emergencies import queries as emergencies
from guibin.files import screens as files
from guibin.materials import actions as materials
from guibin.notation.dates import Day, LunarDay
from guibin.profiles import actions as profiles_actions
from guibin.profiles import closing, consents, disclosures, merged, merging, same_person
from guibin.profiles import queries as profiles
from guibin.profiles.queries import CustomerView
from guibin.profiles.requests import FieldDisclosure
from guibin.signals.wording import noticed
from guibin.tiers import appraisal, endorsing
from guibin.tiers.marks import Mark, marks
from guibin_tenants.principals import may, require
from guibin_tenants.rate_limits import BULK
from guibin_tenants.refusals import NotFound, Refusal

from . import actions, archive, archive_commands, choices, copying, panels, queries, story, tabs
from .archive_form import title_of
from .screens import PATH
from .touch import touch

# The month's register is drawn up from what is known: whoever completes it may read that.
REGISTERS = may("records:write") & may("tiers:read")
READ, WRITE, DISCLOSE = may("customers:read"), may("customers:write"), may("customers:disclose")
COMMANDS = Commands(
    "overview",
    "customer_id",
    PATH,
    Command(
        name="contact",
        action=actions.contact,
        needs=may("records:write"),
        icon="phone",
        key="c",
        main=True,
        choices={"channel": choices.channels},
        given=choices.whose,
        left_out=frozenset({"staff_id", "number", "handling", "handled", "place"}),
    ),
    Command(
        name="consent",
        action=consents.consent,
        icon="shield-check",
        key="s",
        choices={"purpose": choices.purposes},
    ),
    Command(
        name="assign",
        action=assignments.assign,
        icon="user-check",
        key="t",
        choices={"org_unit_id": shared.units, "account_manager_id": choices.colleagues},
        given=choices.looked_after,
    ),
    Command(
        name="exception",
        action=actions.apply_for_exception,
        needs=may("tiers:apply"),
        icon="stairs-up",
        choices={"tier": shared.tiers},
    ),
    Command(
        name="invite",
        action=actions.invite,
        needs=may("activities:write"),
        icon="ticket",
        choices={"activity_id": choices.activities, "channel": choices.channels},
        tells=told,
    ),
    Command(
        name="appraise",
        action=appraisal.appraise,
        needs=may("tiers:apply"),
        icon="stairs-up",
        choices={"scheme": choices.assessed},
    ),
    Command(
        name="endorse",
        action=endorsing.endorse,
        needs=may("tiers:apply"),
        icon="user-check",
        choices={"scheme": choices.recognising},
    ),
    Command(
        name="register",
        action=actions.register,
        needs=REGISTERS,
        icon="notebook",
        given=actions.drawn_up,
    ),
    Command(name="analyse", action=actions.analyse, needs=may("records:write"), icon="chart-bar"),
    Command(
        name="analyse_needs",
        action=actions.analyse_needs,
        needs=may("records:write"),
        icon="search",
        choices={"owner_id": shared.colleagues},
    ),
    Command(name="order", action=actions.open_order, icon="packages"),
    Command(
        name="give",
        action=materials.give_to,
        needs=may("records:write"),
        icon="gift",
        choices={"material": choices.materials},
        left_out=frozenset({"given_on"}),
    ),
    *archive_commands.COMMANDS,
    needs=WRITE,
)
OFFERED = ("contact", "consent", "assign", "appraise", "order", "give", "close")
WHEN_CLOSED = ("reopen",)
REGISTERING = ("register", "analyse")
APPLY = may("tiers:apply") | may("requests:write") | may("receptions:write")
_AT = re.compile(r"[a-z0-9-]{1,80}")
_CASE = re.compile(rf"{PREFIX}/complaints/([0-9a-f-]{{36}})")


class Upcoming(Struct, frozen=True):
    """One thing that comes up, and when."""

    title: str
    sub: str
    icon: str
    due: Due | None


async def _eligible(customer_id: UUID, shell: Shell) -> list[Eligible]:
    """What may be applied for at once, for whoever sees cards."""
    if not shell.act.policy.cards or not may("cards:read")(shell.act.by):
        return []
    return await eligibility.eligible(customer_id, shell.act)


def _offered(shell: Shell) -> list[str]:
    """Material is given where the policy names some."""
    return [name for name in OFFERED if name != "give" or shell.act.policy.materials]


class CustomersScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/bulk/{command:str}", needs=WRITE)
    async def ask_all(self, command: str, shell: Shell) -> Response[str]:
        return await COMMANDS.ask_all(command, shell)

    @post("/bulk/{command:str}", needs=WRITE, status_code=200)
    async def do_all(self, command: str, shell: Shell) -> Response[str]:
        return await COMMANDS.do_all(command, shell)


class CustomerScreens(Controller):
    path = f"{PATH}/{{customer_id:uuid}}"
    include_in_schema = False

    @get("/", needs=READ)
    async def overview(self, customer_id: UUID, shell: Shell, show: str = "") -> Response[str]:
        kind = show if show in story.KINDS else ""
        if shell.is_part and "show" in shell.request.query_params:
            moments = await story.story(customer_id, shell, kind)
            return shell.page("overview/story.html", moments=moments, kind=kind, customer_id=customer_id)
        known = await panels.overview(customer_id, shell.act)
        return shell.page(
            "overview/overview.html",
            tab="overview",
            **await above(known.customer, known.consents, shell),
            known=known,
            touch=touch(known.contact, shell),
            upcoming=upcoming(known, shell),
            eligible=await _eligible(customer_id, shell),
            moments=await story.story(customer_id, shell, kind),
            customer_id=customer_id,
            kind=kind,
            beside=await additions.beside("customer", customer_id, shell, customer_id=customer_id),
            due_of=lambda line: shell.clock.due(Deadline.of(line)),
            noticed=lambda source, details: noticed(source, details, shell),
            warned=lambda one: shell.clock.due(Deadline(due_at=one.due_at, warn_at=one.warn_at)),
        )

    @get("/preview", needs=READ)
    async def preview(self, customer_id: UUID, shell: Shell) -> Response[str]:
        known = await panels.overview(customer_id, shell.act)
        return shell.page(
            "overview/preview.html",
            known=known,
            customer=known.customer,
            mark=(await marks([customer_id], shell.act)).get(customer_id),
            touch=touch(known.contact, shell),
            upcoming=upcoming(known, shell),
            due_of=lambda line: shell.clock.due(Deadline.of(line)),
        )

    @get("/archive", needs=READ)
    async def whole_archive(self, customer_id: UUID, shell: Shell) -> Response[str]:
        customer = await profiles.customer(customer_id)
        header = await above(customer, await panels.consents(customer_id), shell)
        known = await archive.archive(customer, shell)
        return shell.page(
            "overview/archive.html",
            tab="archive",
            **header,
            known=known,
            can_change=WRITE(shell.act.by)
            and customer.closed_at is None
            and customer.erased_at is None
            and header["lending"] is None,
            row_name=archive_commands.ROW,
            title_of=lambda name: title_of(name, shell),
            value_of=lambda value: archive.changed_value(value, shell),
        )

    @get("/archive/edit", needs=WRITE)
    async def edit(self, customer_id: UUID, shell: Shell) -> Response[str]:
        customer = await profiles_actions.show(customer_id, shell.act)
        return archive.form(customer, shell)

    @post("/archive/edit", needs=WRITE, status_code=200)
    async def change(self, customer_id: UUID, shell: Shell) -> Response[str]:
        customer = await profiles.customer(customer_id)
        return await archive.change(customer, await forms.sent(shell.request), shell)

    @get("/merge", needs=archive_commands.MERGE)
    async def ask_merge(self, customer_id: UUID, shell: Shell, other: UUID | None = None) -> Response[str]:
        """`other` is an archive that is known as the same person's by their documents."""
        customer = await profiles_actions.show(customer_id, shell.act)
        known = [one for one in await same_person.same_person(customer_id, shell.act) if one.customer_id == other]
        named = {
            name: values
            for one in known
            for name, values in (
                ("merged_id", [str(one.customer_id), f"{one.number} {one.name}"]),
                ("reason", [shell.says("overview.same_documents")]),
            )
        }
        return _merging(customer, shell, named, ([], {}), asked=True)

    @post("/merge", needs=archive_commands.MERGE, status_code=200)
    async def merge(self, customer_id: UUID, shell: Shell) -> Response[str]:
        customer, given = await profiles.customer(customer_id), await forms.sent(shell.request)
        left = await archive_commands.merge(customer_id, given, shell)
        if left is not None:
            return _merging(customer, shell, given, left)
        return shell.done(shell.says("overview.done.merge"))

    @get("/archive/preferences", needs=WRITE)
    async def ask_preferences(self, customer_id: UUID, shell: Shell) -> Response[str]:
        return _preferences(await profiles_actions.show(customer_id, shell.act), shell, {}, {})

    @post("/archive/preferences", needs=WRITE, status_code=200)
    async def prefer(self, customer_id: UUID, shell: Shell) -> Response[str]:
        customer, given = await profiles.customer(customer_id), await forms.sent(shell.request)
        errors = await archive_commands.prefer(customer, given, shell)
        if errors:
            return _preferences(customer, shell, given, errors)
        return shell.done(shell.says("overview.done.preferences"))

    @get("/files", needs=READ)
    async def files(self, customer_id: UUID, shell: Shell) -> Response[str]:
        header = await above(await profiles.customer(customer_id), await panels.consents(customer_id), shell)
        part = await files.part("customer", customer_id, shell)
        return shell.page("overview/files.html", tab="files", **header, files=part)

    @get("/{tab:str}", needs=READ)
    async def tab(self, customer_id: UUID, tab: str, shell: Shell) -> Response[str]:
        found = tabs.TABS.get(tab)
        if found is None:
            raise NotFound(f"A customer's page has no part {tab}")
        require(shell.act.by, found.needs)
        header = await above(await profiles.customer(customer_id), await panels.consents(customer_id), shell)
        sections = await found.shows(customer_id, shell, tabs.PAGE)
        lines = await panels.tier_lines(customer_id, shell.act) if tab == "tier" else []
        return shell.page(
            "overview/sections.html", tab=tab, **header, sections=sections, lines=lines, most=tabs.PAGE.limit
        )

    @get("/looks", needs=DISCLOSE)
    async def looks(self, customer_id: UUID, shell: Shell) -> Response[str]:
        header = await above(await profiles.customer(customer_id), await panels.consents(customer_id), shell)
        found = await panels.looks(customer_id, shell.act)
        await panels.note_looks(customer_id, len(found), shell.act)
        return shell.page("overview/looks.html", tab="looks", **header, looks=found)

    @get("/reveal/{field:str}", needs=DISCLOSE)
    async def ask_reveal(self, customer_id: UUID, field: str, shell: Shell, at: str = "") -> Response[str]:
        return _reveal(shell, _Asked(field=field, at=at, given={"purpose": [await _purpose_at_hand(shell)]}))

    @post("/reveal/{field:str}", needs=DISCLOSE, status_code=200)
    async def reveal(self, customer_id: UUID, field: str, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        at = "".join(given.get("at", ())[:1])
        filled = forms.fill(FieldDisclosure, {**given, "fields": [field]}, shell)
        if filled.errors:
            return _reveal(shell, _Asked(field=field, at=at, given=given, errors=filled.errors, status=422))
        try:
            shown = await disclosures.disclose(customer_id, filled.value, shell.act)
        except Refusal as refusal:
            errors, status = forms.faults(refusal, shell), int(refusal.status)
            return _reveal(shell, _Asked(field=field, at=at, given=given, errors=errors, status=status))
        customer = await profiles.customer(customer_id)
        response = shell.page(
            "overview/revealed.html",
            at=at if _AT.fullmatch(at) else "",
            field=field,
            customer=customer,
            values=shown.values.get(field, []),
        )
        response.headers["HX-Trigger"] = "revealed"
        return response

    @get("/copy", needs=copying.COPIES)
    async def ask_copy(self, customer_id: UUID, shell: Shell) -> Response[str]:
        await profiles.standing(customer_id)
        return _copy(shell, {"legal_basis": [shell.says("overview.copy.basis")]}, {}, 200)

    @post("/copy", needs=copying.COPIES, cost=BULK, confirmed=True, status_code=200)
    async def hand_out(self, customer_id: UUID, shell: Shell) -> Response[Any]:
        given = await forms.sent(shell.request)
        try:
            made = await copying.copy(customer_id, forms.taken(copying.NewCopy, given, shell), shell)
        except Refusal as refusal:
            return _copy(shell, given, forms.faults(refusal, shell), 422)
        response = copying.handed_out(made)
        response.headers["X-Guibin-Said"] = quote(shell.says("overview.copy.done", count=made.rows))
        return response

    ask, do = COMMANDS.handlers("", needs=READ, sees=lambda customer_id, _: profiles.standing(customer_id))


def _copy(shell: Shell, given: Mapping[str, Sequence[str]], errors: Mapping[str, str], status: int) -> Response[str]:
    return shell.page(
        "overview/copy.html",
        status=status,
        fields=forms.Form(kind=copying.NewCopy, slice_name="overview.copy").fields(shell, given, errors),
        problem=errors.get("", ""),
        address=shell.request.url.path,
    )


def _merging(
    customer: CustomerView,
    shell: Shell,
    given: Mapping[str, Sequence[str]],
    left: tuple[Sequence[merging.Difference], Mapping[str, str]],
    *,
    asked: bool = False,
) -> Response[str]:
    """The form of merging: `asked` for and nothing sent yet, or with what was sent and what of it is wrong."""
    differ, errors = left
    second = not asked and archive_commands.is_compared(given, errors)
    fields = archive_commands.merge_form(shell, given, errors, differ, compared=second)
    rest = "; ".join(said for said in errors.values() if said)
    return shell.page(
        "overview/edit.html",
        status=200 if asked else 422,
        title="merge",
        does="overview.do.merge" if second else "overview.do.compare",
        note=_compared(len(differ), shell) if second else "",
        fields=fields,
        problem="" if any(field.error for field in fields) else rest,
        address=f"{PATH}/{customer.id}/merge",
    )


def _compared(differences: int, shell: Shell) -> str:
    return shell.says("overview.merge.differ", count=differences) if differences else shell.says("overview.merge.same")


def _preferences(
    customer: CustomerView, shell: Shell, given: Mapping[str, Sequence[str]], errors: Mapping[str, str]
) -> Response[str]:
    fields = archive_commands.preference_form(customer, shell, given, errors)
    return shell.page(
        "overview/edit.html",
        status=422 if errors else 200,
        title="preferences",
        fields=fields,
        problem="" if any(field.error for field in fields) else "; ".join(errors.values()),
        address=f"{PATH}/{customer.id}/archive/preferences",
    )


async def above(customer: CustomerView, said: Sequence[consents.ConsentView], shell: Shell) -> dict[str, Any]:
    """What stands above every tab."""
    names = await queries.names_of([customer])
    held = await marks([customer.id], shell.act)
    by = shell.act.by
    registers = bool(shell.act.policy.registers)
    closed = (
        (await closing.closings(customer.id, shell.act))[:1] if customer.closed_at and not customer.erased_at else []
    )
    lending = await emergencies.lending(shell.act)
    lists = [name for name, each in tabs.TABS.items() if each.needs(by) and (registers or name != "register")]
    return {
        "customer": customer,
        "said": [each for each in said if each.answer in ("granted", "refused", "withdrawn")],
        "purpose_of": lambda name: choices.purpose(name, shell),
        "closed": closed[0] if closed else None,
        "mark": held.get(customer.id),
        "unit": names.get(customer.org_unit_id, ""),
        "manager": names.get(customer.account_manager_id, "") if customer.account_manager_id else "",
        "birthday": birthday(customer.birthday, shell.clock),
        "preferences": preferences(customer, shell),
        "lending": lending,
        "can_copy": copying.COPIES(by) and customer.erased_at is None and lending is None,
        "can_merge": archive_commands.MERGE(by) and customer.closed_at is None and lending is None,
        "part_of": await merged.gone_into(customer.id) if customer.closed_at else None,
        "can_apply": APPLY(by) and customer.closed_at is None and lending is None,
        "commands": [] if lending else await _commands(customer, held, shell),
        "address": lambda name: COMMANDS.address(customer.id, name),
        "tabs": ["overview", "archive", *lists, "files", *(["looks"] if DISCLOSE(by) else [])],
    }


async def _commands(customer: CustomerView, held: Mapping[UUID, Mark], shell: Shell) -> list[Command]:
    if customer.closed_at is not None:
        return COMMANDS.allowed(shell, *(WHEN_CLOSED if customer.erased_at is None else ()))
    recognising = await _recognising(customer, held, shell)
    return COMMANDS.allowed(shell, *_offered(shell), *recognising, *(REGISTERING if shell.act.policy.registers else ()))


async def _recognising(customer: CustomerView, held: Mapping[UUID, Mark], shell: Shell) -> tuple[str, ...]:
    """Whoever is nobody's member and may be recognised is, from the page (S13-6)."""
    asks = any(each.recognised_by and customer.kind in each.customer_kinds for each in shell.act.policy.schemes)
    return ("endorse",) if asks and customer.id not in held else ()


def preferences(customer: CustomerView, shell: Shell) -> list[tuple[str, str]]:
    """What the customer prefers, each with what it is about; what is a code is told in words."""
    return [
        (choices.worded("overview.preference", name, shell), choices.worded("overview.preferred", value, shell))
        for name, value in customer.preferences.items()
    ]


def birthday(day: Day | None, clock: Clock) -> str:
    """The next birthday, the lunar day beside the solar, and how soon it is."""
    if day is None:
        return ""
    if isinstance(day, LunarDay):
        return clock.lunar_figures(day.month, day.day, day.leap)
    following = _next(day, clock.today)
    return (
        f"{clock.solar(following)}（{clock.lunar(following)}）"
        if clock.language != "en"
        else (f"{clock.solar(following)} ({clock.lunar(following)})")
    )


def _next(day: date, today: date) -> date:
    for year in (today.year, today.year + 1):
        try:
            kept = day.replace(year=year)
        except ValueError:
            kept = date(year, 3, 1)
        if kept >= today:
            return kept
    return day


def upcoming(known: panels.Overview, shell: Shell) -> list[Upcoming]:
    """What comes up with the customer, the next first."""
    found: list[tuple[float, Upcoming]] = []
    if known.ahead is not None:
        for visit in known.ahead.visits:
            due = shell.clock.due(Deadline(due_at=visit.planned_at))
            title = shell.says("overview.visit", purpose=visit.purpose)
            found.append(
                (visit.planned_at.timestamp(), Upcoming(title, visit.place or visit.staff_name, "map-pin", due))
            )
        for task in known.ahead.tasks:
            at = shell.clock.midnight(task.occurs_on)
            soon = task.prepare_on <= shell.clock.today
            due = Due(
                "warn" if soon else "calm", shell.clock.day(task.occurs_on), "", shell.clock.full_day(task.occurs_on)
            )
            gifts = shell.joined(choices.worded("work.gift", gift, shell) for gift in task.gifts)
            found.append((at.timestamp(), Upcoming(_occasion(task.occasion, task.about, shell), gifts, "cake", due)))
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def _occasion(occasion: str, about: str, shell: Shell) -> str:
    for key in (f"festival.{about}", f"care_occasion.{occasion}"):
        if shell.named(key) != key:
            return shell.named(key)
    return choices.worded("overview.occasion", occasion, shell) + (f" {about}" if about and about != occasion else "")


async def _purpose_at_hand(shell: Shell) -> str:
    """The case that the reader comes from is a purpose."""
    case = _CASE.fullmatch(urlsplit(shell.request.headers.get("hx-current-url", "")).path)
    if case is not None:
        with contextlib.suppress(NotFound):
            return shell.says("overview.for_case", number=(await complaints.LISTED.one(UUID(case[1]))).number)
    return ""


class _Asked(Struct, frozen=True, kw_only=True):
    """What the dialog asks for: the field, the element of the page that takes the value, and what was said so far."""

    field: str
    at: str
    given: Mapping[str, Sequence[str]]
    errors: Mapping[str, str] = {}
    status: int = 200


def _reveal(shell: Shell, asked: _Asked) -> Response[str]:
    return shell.page(
        "overview/reveal.html",
        status=asked.status,
        field=asked.field,
        at=asked.at if _AT.fullmatch(asked.at) else "",
        **files.leaving(shell, asked.given, asked.errors),
        address=shell.request.url.path,
    )
