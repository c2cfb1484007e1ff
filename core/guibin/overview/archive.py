"""The whole archive of a customer: every field, days to remember, relatives, ways to reach them; and changing it.

The form is made of the archive's own fields and sent as the API's `CustomerChange`: only what differs, and a confidential
value only where a new one is given.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response
from msgspec import Struct, structs

from guibin.audit.actions import noted
from guibin.console import days, forms
from guibin.console.forms import Field
from guibin.console.shell import Shell
from guibin.notation.dates import Day, LunarDay, age
from guibin.profiles import actions, closing, consents, corrections, merging, particulars, same_person
from guibin.profiles.closing import ClosingView
from guibin.profiles.consents import ConsentView
from guibin.profiles.corrections import CorrectionView
from guibin.profiles.merging import MergeView
from guibin.profiles.particulars import ContactPointView, LinkView, OccasionView, PartView, RelativeView
from guibin.profiles.queries import CustomerView, archive_fields, name_of
from guibin.profiles.requests import CustomerChange, NewCorrection, NewCustomer
from guibin.profiles.same_person import SameView
from guibin.sealing.seeing import unwritten
from guibin.web.listing import PageAsked
from guibin_tenants.refusals import Refusal

from . import choices
from .archive_form import Given, Standing, open_values, own, own_fields, sealed_values, text_of, title_of, told
from .screens import PATH

_PLAIN = ("name", "employer", "department", "position")
_OF_A_PERSON = frozenset({"sex", "birthday"})
# Columns that the form does not change.
_ELSEWHERE = frozenset({"number", "org_unit_id", "account_manager_id", "preferences", "fields", "confidential"})
REASON = "reason"


class Sent(Struct, frozen=True):
    """A form that was sent, with what is wrong by field."""

    given: Given = {}
    errors: Mapping[str, str] = {}
    status: int = 200


class Line(Struct, frozen=True):
    """A field of the archive in words; `masked` where its values are sealed, by the field's own name."""

    title: str
    text: str
    masked: tuple[str, ...] = ()
    field: str = ""


class LinkLine(Struct, frozen=True):
    """The customer's part in another's archive, or another's in this one, by name."""

    link: LinkView | PartView
    name: str


class Archive(Struct, frozen=True, kw_only=True):
    """Everything that stands in it."""

    lines: list[Line]
    points: list[ContactPointView]
    occasions: list[tuple[OccasionView, str]]
    relatives: list[RelativeView]
    links: list[LinkLine]
    linked: list[LinkLine]
    consents: list[ConsentView]
    preferences: list[tuple[str, str]]
    corrections: list[CorrectionView]
    closings: list[ClosingView]
    merges: list[MergeView]
    same: list[SameView]


async def archive(customer: CustomerView, shell: Shell) -> Archive:
    """The archive; each part on record as reading it by itself is."""
    act, whose = shell.act, customer.id
    await noted("customer.read", act, customer_id=whose)
    return Archive(
        lines=_lines(customer, shell),
        points=await particulars.contact_points(whose, act),
        occasions=[(each, day_of(each.happened_on, shell)) for each in await particulars.occasions(whose, act)],
        relatives=await particulars.relatives(whose, act),
        links=[LinkLine(each, await name_of(each.of_customer_id)) for each in await particulars.links(whose, act)],
        linked=[LinkLine(each, await name_of(each.customer_id)) for each in await particulars.linked(whose, act)],
        consents=await consents.list_consents(whose, act),
        preferences=[
            (choices.worded("overview.preference", name, shell), choices.worded("overview.preferred", value, shell))
            for name, value in customer.preferences.items()
        ],
        closings=await closing.closings(whose, act),
        merges=await merging.merges(whose, act),
        same=await same_person.same_person(whose, act),
        corrections=(await corrections.list_corrections(whose, PageAsked(20), act)).items,
    )


def day_of(day: Day, shell: Shell) -> str:
    """A day to remember, the lunar one beside the solar."""
    clock = shell.clock
    if isinstance(day, LunarDay):
        year = f"{day.year} " if day.year else ""
        return year + clock.lunar_figures(day.month, day.day, day.leap)
    lunar = clock.lunar(day)
    return f"{clock.full_day(day)} ({lunar})" if clock.language == "en" else f"{clock.full_day(day)}（{lunar}）"


def age_of(customer: CustomerView, shell: Shell) -> str:
    """The age in full years; empty where no year of birth is known."""
    years = age(customer.birthday, shell.clock.today)
    return "" if years is None else str(years)


def _lines(customer: CustomerView, shell: Shell) -> list[Line]:
    known = {field.name: field for field in archive_fields(shell.act.policy)}
    plain = [
        Line(title_of("number", shell), customer.number),
        Line(title_of("kind", shell), shell.named(f"customer_kind.{customer.kind}")),
        Line(title_of("name", shell), customer.name),
        Line(title_of("sex", shell), choices.worded("overview.sex", customer.sex, shell) if customer.sex else ""),
        Line(title_of("birthday", shell), day_of(customer.birthday, shell) if customer.birthday else ""),
        Line(title_of("age", shell), age_of(customer, shell)),
        *(Line(title_of(name, shell), getattr(customer, name)) for name in _PLAIN[1:]),
        *(Line(title_of(name, shell), told(value, known.get(name), shell)) for name, value in customer.fields.items()),
    ]
    sealed = [Line(title_of(name, shell), "", tuple(values), name) for name, values in customer.masked.items()]
    return [line for line in plain if line.text] + sealed


def form(customer: CustomerView, shell: Shell, sent: Sent = Sent()) -> Response[str]:
    """The archive as a form, or what was sent with what is wrong with it."""
    given = sent.given or _there(customer)
    fields = _fields(customer, shell, given, {})
    errors, rest = own(sent.errors, fields)
    return shell.page(
        "overview/edit.html",
        status=sent.status,
        title="change",
        fields=_fields(customer, shell, given, errors),
        problem=rest,
        address=f"{PATH}/{customer.id}/archive/edit",
    )


async def change(customer: CustomerView, given: dict[str, list[str]], shell: Shell) -> Response[str]:
    """Change what differs; with a reason it is a correction (S07-10). What is wrong comes back at its field, with nothing
    written and what was typed kept."""
    if not text_of(given, "name"):
        return form(customer, shell, Sent(given, {"name": shell.says("error.required")}, 422))
    try:
        filled = forms.converted(_differing(customer, given, shell), CustomerChange, shell)
    except ValueError:
        return form(customer, shell, Sent(given, {"birthday": shell.says("error.day")}, 422))
    if filled.errors:
        return form(customer, shell, Sent(given, filled.errors, 422))
    new: CustomerChange = filled.value
    if not new.given():
        return form(customer, shell, Sent(given, {"": shell.says("overview.nothing_differs")}, 422))
    reason = text_of(given, REASON)
    try:
        if reason:
            await actions.correct(customer.id, NewCorrection(reason=reason, changes=new), shell.act)
        else:
            await actions.change(customer.id, new, shell.act)
    except Refusal as refusal:
        return form(customer, shell, Sent(given, *forms.wrong(refusal, shell)))
    return shell.done(shell.says(f"overview.done.{'correct' if reason else 'change'}"))


def _there(customer: CustomerView) -> dict[str, list[str]]:
    """What stands in the columns, as the form sends it."""
    plain = {name: [getattr(customer, name)] for name in (*_PLAIN, "kind", "sex")}
    return plain | days.written("birthday", customer.birthday)


def _fields(customer: CustomerView, shell: Shell, given: Given, errors: Mapping[str, str]) -> list[Field]:
    organisation = shell.act.policy.is_organisation(customer.kind)
    struct = forms.Form(
        kind=NewCustomer,
        slice_name="overview",
        choices={"kind": choices.kinds_of(shell), "sex": choices.sexes_of(shell)},
        left_out=_ELSEWHERE | unwritten() | (_OF_A_PERSON if organisation else frozenset()),
    )
    columns = [structs.replace(each, label=title_of(each.name, shell)) for each in struct.fields(shell, given, errors)]
    reason = Field(
        name=REASON,
        kind="text",
        label=shell.says("overview.field.correction"),
        hint=shell.says("overview.hint.correction"),
        longest=500,
        value=text_of(given, REASON),
        error=errors.get(REASON, ""),
    )
    return [*columns, *own_fields(_standing(customer), shell, given, errors), reason]


def _standing(customer: CustomerView) -> Standing:
    return Standing(kind=customer.kind, fields=customer.fields, masked=customer.masked)


def _differing(customer: CustomerView, given: Given, shell: Shell) -> dict[str, Any]:
    """What was sent otherwise than it stands. Raises ValueError for a day that no calendar has."""
    new: dict[str, Any] = {
        name: text_of(given, name)
        for name in (*_PLAIN, "kind", "sex")
        if name in given and text_of(given, name) != getattr(customer, name)
    }
    if "birthday" in given or f"birthday{days.LUNAR}" in given:
        born = days.read("birthday", given)
        if born != customer.birthday:
            new["birthday"] = msgspec.to_builtins(born)
    fields = open_values(_standing(customer), given, shell)
    sealed = sealed_values(customer.kind, given, shell)
    return new | ({"fields": fields} if fields else {}) | ({"confidential": sealed} if sealed else {})


def changed_value(value: object, shell: Shell) -> str:
    """A value of the history in words; a dash for none."""
    if isinstance(value, bool):
        return shell.says(f"{'yes' if value else 'no'}")
    if isinstance(value, dict):
        return shell.joined(choices.worded("overview.preferred", str(each), shell) for each in value.values()) or "—"
    if isinstance(value, list):
        return shell.joined(value) or "—"
    return "—" if value in (None, "") else str(value)
