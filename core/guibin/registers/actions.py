"""The register of a customer's file: registered span by span, analysed, corrected beside what was written (S02-5)."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from msgspec import to_builtins

from guibin.assignments.teams import refuse_unless_serving
from guibin.audit.actions import noted, recorded
from guibin.cases import Case
from guibin.cases.checking import wrong_answers
from guibin.context import Act, Company
from guibin.periods.spans import Window, named, window_of
from guibin.policy.cadence import Register, Span
from guibin.policy.packs import Policy
from guibin.profiles.queries import standing
from guibin.profiles.subjects import refuse_unless_kept
from guibin.reviews.dues import What
from guibin.sealing.seeing import AMOUNTS, refuse_partly
from guibin_tenants.refusals import Invalid, NotFound, refuse
from guibin_tenants.rows import add, add_all, given
from guibin_tenants.scope import fetch_value

from . import drawing
from .queries import FORM, Draft, DraftAsked, Drawn, EntryForm
from .refusals import AlreadyRegistered, ArchiveFrozen
from .requests import NewCorrection, NewEntry
from .tables import RegisterCorrection, RegisterEntry

SUBJECT: Final = "register_entry"


async def enter(name: str, new: NewEntry, act: Act) -> EntryForm:
    """Register or analyse a customer's file for a span, once.

    Raises NotFound, Invalid with every wrong field, NotInTheirTeam, ArchiveErased, AlreadyRegistered, ArchiveFrozen.
    """
    register = register_of(act.policy, name)
    window = span_named(span_of(register, new.what), new.span, act)
    _refuse_wrong(register, new.what, new.values, act.policy)
    await refuse_unless_serving(new.customer_id, act.by)
    await refuse_unless_kept(new.customer_id)
    await _refuse_frozen(register, new.customer_id, window, act.company)
    found = await drawing.drawn(new.customer_id, window, act) if new.what == "registration" else Drawn()
    entry = {
        "customer_id": new.customer_id,
        "register": register.name,
        "duty": f"{register.name}/{new.what}",
        "span": window.name,
        "first_on": window.first_on,
        "text": new.text,
        "values": new.values,
        "drawn": to_builtins(found),
        "late": max((act.today - window.after_on).days + 1, 0),
    }
    written = await add_all(RegisterEntry, act, [entry], unless=("customer_id", "duty", "span"))
    if not written:
        raise AlreadyRegistered(f"{window.name} has its {new.what}: correct it beside the entry")
    return await recorded("write", Case(SUBJECT, written[0], new.customer_id), FORM, act)


async def draft(name: str, asked: DraftAsked, act: Act) -> Draft:
    """The registration of a span as the company's figures have it, for the account manager to complete (S02-5).

    Raises NotFound, Invalid, NotInTheirTeam, NotSeenWhole.
    """
    refuse_partly(AMOUNTS)
    register = register_of(act.policy, name)
    window = span_named(register.span, asked.span, act)
    await standing(asked.customer_id)
    await refuse_unless_serving(asked.customer_id, act.by)
    found = await drawing.drawn(asked.customer_id, window, act)
    registered = await fetch_value(
        "select true from register_entry where customer_id = $1 and duty = $2 and span = $3",
        asked.customer_id,
        f"{register.name}/registration",
        window.name,
    )
    await noted("register_entry.draft", act, customer_id=asked.customer_id, fields=("facts", "cards", "measures"))
    return Draft(
        customer_id=asked.customer_id,
        register=register.name,
        span=window.name,
        text=drawing.in_words(found, act),
        drawn=found,
        registered=bool(registered),
    )


async def correct(entry_id: UUID, new: NewCorrection, act: Act) -> EntryForm:
    """What it should have said; the entry stays, and so does the archive that holds it.

    Raises NotFound, Invalid, NotInTheirTeam, ArchiveErased.
    """
    entry = await FORM.one(entry_id)
    await refuse_unless_serving(entry.customer_id, act.by)
    await refuse_unless_kept(entry.customer_id)
    register = act.policy.register(entry.register)
    if register is not None:
        what: What = "analysis" if entry.what == "analysis" else "registration"
        _refuse_wrong(register, what, new.values, act.policy)
    await add(RegisterCorrection, act, entry_id=entry_id, customer_id=entry.customer_id, **given(new))
    return await recorded("correct", Case(SUBJECT, entry_id, entry.customer_id), FORM, act)


def register_of(policy: Policy, name: str) -> Register:
    """Raises NotFound for a register the policy does not keep."""
    register = policy.register(name)
    if register is None:
        raise NotFound(f"The policy keeps no register {name[:60]!r}")
    return register


def span_of(register: Register, what: What) -> Span:
    """How often this is done."""
    spans: dict[What, Span] = {
        "registration": register.span,
        "analysis": register.analysed_every,
        "archive": register.archived_every,
    }
    return spans[what]


def span_named(span: Span, name: str | None, act: Act) -> Window:
    """The span of this name, the present one without. Raises Invalid for one to come."""
    zone = act.company.time_zone
    present = window_of(span, act.today, zone)
    if name is None:
        return present
    window = named(span, name, zone)
    if window.first_on > present.first_on:
        raise Invalid.at("span", "the present one or one that is over", value=name)
    return window


def _refuse_wrong(register: Register, what: What, values: dict[str, str | int | bool | None], policy: Policy) -> None:
    form = policy.form(register.form) if register.form and what == "registration" else None
    refuse(wrong_answers(form, values, f"the {what}", at="values"), "The form is not filled in right")


async def _refuse_frozen(register: Register, customer_id: UUID, window: Window, company: Company) -> None:
    year = window_of(register.archived_every, window.after_on - timedelta(days=1), company.time_zone)
    frozen = await fetch_value(
        "select true from register_archive where customer_id = $1 and duty = $2 and span = $3",
        customer_id,
        f"{register.name}/archive",
        year.name,
    )
    if frozen:
        raise ArchiveFrozen(f"The file of {year.name} is archived; a correction of an entry stands beside it")
