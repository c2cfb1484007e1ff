"""The register of a customer's file: registered span by span, analysed, corrected beside what was written (S02-5)."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from guibin.audit.actions import done
from guibin.context import Act, Company
from guibin.periods.days import local_day
from guibin.periods.spans import Window, named, window_of
from guibin.policy.cadence import Register, Span
from guibin.policy.forms import check_answers
from guibin.policy.packs import Policy
from guibin.profiles.teams import refuse_unless_serving
from guibin.records.subjects import refuse_unless_kept
from guibin.reviews.dues import What
from guibin.sla.milestones import Case
from guibin_tenants.refusals import FieldError, Invalid, NotFound
from guibin_tenants.rows import add, add_all, given
from guibin_tenants.scope import fetch_value

from .queries import FORM, EntryForm
from .refusals import AlreadyRegistered, ArchiveFrozen
from .requests import NewCorrection, NewEntry
from .tables import RegisterCorrection, RegisterEntry

SUBJECT: Final = "register_entry"


async def enter(name: str, new: NewEntry, act: Act) -> EntryForm:
    """Register or analyse a customer's file for a span, once.

    Raises NotFound, Invalid with every wrong field, NotInTheirTeam, ArchiveErased, AlreadyRegistered, ArchiveFrozen.
    """
    register = register_of(act.policy, name)
    window = _window(span_of(register, new.what), new.span, act.company, act.now)
    _refuse_wrong(register, new.what, new.values, act.policy)
    await refuse_unless_serving(new.customer_id, act.by)
    await refuse_unless_kept(new.customer_id)
    await _refuse_frozen(register, new.customer_id, window, act.company)
    entry = {
        "customer_id": new.customer_id,
        "register": register.name,
        "duty": f"{register.name}/{new.what}",
        "span": window.name,
        "first_on": window.first_on,
        "text": new.text,
        "values": new.values,
        "late": max((local_day(act.now, act.company.time_zone) - window.after_on).days + 1, 0),
    }
    written = await add_all(RegisterEntry, act, [entry], unless=("customer_id", "duty", "span"))
    if not written:
        raise AlreadyRegistered(f"{window.name} has its {new.what}: correct it beside the entry")
    await done("write", Case(SUBJECT, written[0], new.customer_id), act)
    return await FORM.one(written[0])


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
    await done("correct", Case(SUBJECT, entry_id, entry.customer_id), act)
    return await FORM.one(entry_id)


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


def _window(span: Span, name: str | None, company: Company, now: datetime) -> Window:
    today = local_day(now, company.time_zone)
    present = window_of(span, today, company.time_zone)
    if name is None:
        return present
    window = named(span, name, company.time_zone)
    if window.first_on > present.first_on:
        raise Invalid(fields=(FieldError("span", "the present one or one that is over", value=name),))
    return window


def _refuse_wrong(register: Register, what: What, values: dict[str, str | int | bool | None], policy: Policy) -> None:
    form = policy.form(register.form) if register.form and what == "registration" else None
    if form is None:
        if values:
            raise Invalid(fields=(FieldError("values", f"none: the {what} has no form"),))
        return
    problems = check_answers(form, values)
    if problems:
        fields = tuple(FieldError(f"values.{each.field}", each.rule, each.fix, each.value) for each in problems)
        raise Invalid("The form is not filled in right", fields=fields)


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
