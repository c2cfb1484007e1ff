"""Somebody new: the form, who may be there already, what is still missing, and the tier an assessment would give."""

from collections.abc import Mapping

from litestar import Controller, Response, get, post
from msgspec import Struct, structs

from guibin.console import choices as shared
from guibin.console import forms
from guibin.console.forms import Field
from guibin.console.shell import Shell
from guibin.profiles import actions
from guibin.profiles.finding import twins
from guibin.profiles.queries import CustomerView
from guibin.profiles.requests import NewCustomer
from guibin.sealing.values import CONTACT_FIELDS
from guibin.tiers.assessment import is_assessable
from guibin.tiers.explaining import foreseen
from guibin.tiers.gauges import Ladder, grounds, ladder
from guibin.tiers.marks import marks
from guibin_tenants.principals import may
from guibin_tenants.refusals import Refusal

from . import choices
from .archive_form import SEALED, Given, Standing, open_values, own, own_fields, sealed_values, text_of, title_of
from .screens import PATH

WRITE = may("customers:write")
# Fields that the archive's other forms fill, and those that only a person has.
_LATER = frozenset({"preferences", "fields", "confidential"})
_OF_A_PERSON = frozenset({"sex", "birthday"})
_WHO_SERVES = ("org_unit_id", "account_manager_id")


class Missing(Struct, frozen=True):
    """What the daily look over the archives would find, with the clause of its rule."""

    rule: str
    title: str
    clause: str


class Foreseen(Struct, frozen=True):
    """A scheme for this kind of customer: the tier that an assessment would give, what it rests on and what is missing to
    the next; neither where tiers are applied for."""

    title: str
    tier: str
    willing: bool
    assessed: bool
    grounds: Ladder | None
    ladder: Ladder | None
    clause: str


class NewCustomerScreens(Controller):
    path = f"{PATH}/new"
    include_in_schema = False

    @get("/", needs=WRITE)
    async def form(self, shell: Shell) -> Response[str]:
        kind = shell.act.policy.customer_kinds[0]
        given = {"kind": [kind]}
        if "account_manager" in shell.act.by.roles and shell.act.by.person is not None:
            given["account_manager_id"] = [str(shell.act.by.person)]
        return await _page(shell, given, {}, 200)

    @post("/", needs=WRITE, status_code=200)
    async def add(self, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        if "again" in shell.request.query_params:
            return await _page(shell, given, {}, 200)
        try:
            opened = await actions.open_archive(_filled(given, shell).whole(), shell.act)
        except Refusal as refusal:
            return await _page(shell, given, *forms.wrong(refusal, shell))
        return shell.done(shell.says("overview.done.open"), goes_to=f"{PATH}/{opened.id}/archive")

    @post("/foreseen", needs=WRITE, status_code=200)
    async def suggested(self, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        kind = text_of(given, "kind")
        same = await _same(given, shell)
        return shell.page(
            "overview/foreseen.html",
            same=same,
            marks=await marks([each.id for each in same], shell.act),
            missing=_missing(given, shell),
            tiers=_foreseen(kind, shell) if kind else [],
        )


async def _same(given: Given, shell: Shell) -> list[CustomerView]:
    sealed = sealed_values(text_of(given, "kind"), given, shell)
    name, number = text_of(given, "name"), text_of(given, "number")
    return await twins(name[:200], number[:60], sealed, shell.act) if name or number or sealed else []


def _missing(given: Given, shell: Shell) -> list[Missing]:
    lacks = {
        "missing_phone": not (text_of(given, "sealed.mobile") or text_of(given, "sealed.phone")),
        "nobody_responsible": not text_of(given, "account_manager_id"),
    }
    return [
        Missing(rule.name, shell.named(f"archive_rule.{rule.name}"), rule.clause)
        for rule in shell.act.policy.archive_rules
        if lacks.get(rule.name)
    ]


def _foreseen(kind: str, shell: Shell) -> list[Foreseen]:
    policy, found = shell.act.policy, []
    for each in policy.schemes:
        if kind not in each.customer_kinds:
            continue
        scheme = policy.scheme(each.name) or each
        assessed = is_assessable(scheme)
        basis = foreseen(scheme, kind, shell.act)
        found.append(
            Foreseen(
                title=shell.named(f"scheme.{each.name}"),
                tier=policy.title(f"tier.{basis.tier}", shell.language, scheme=each.name) if basis.tier else "",
                willing=basis.move != "no_consent",
                assessed=assessed,
                grounds=grounds(basis, shell.act),
                ladder=ladder(basis, basis.tier, shell.act) if assessed else None,
                clause=basis.clause or each.clause,
            )
        )
    return found


def _filled(given: dict[str, list[str]], shell: Shell) -> forms.Filled:
    """The archive from the form, everything that is wrong found at once."""
    filled = forms.fill(NewCustomer, given, shell)
    if filled.errors:
        return filled
    kind = filled.value.kind
    new = structs.replace(
        filled.value,
        fields=open_values(Standing(kind=kind), given, shell),
        confidential=sealed_values(kind, given, shell),
    )
    return forms.Filled(new, {}, given)


async def _page(shell: Shell, given: dict[str, list[str]], errors: Mapping[str, str], status: int) -> Response[str]:
    fields = await _fields(shell, given, {})
    by_name, rest = own(errors, [field for group in fields.values() for field in group])
    return shell.page(
        "overview/intake.html",
        status=status,
        groups=await _fields(shell, given, by_name),
        problem=rest,
    )


async def _fields(shell: Shell, given: dict[str, list[str]], errors: Mapping[str, str]) -> dict[str, list[Field]]:
    """The form in its parts: who it is, how to reach them, what else the company keeps, who serves them."""
    kind = text_of(given, "kind")
    person = not shell.act.policy.is_organisation(kind)
    struct = forms.Form(
        kind=NewCustomer,
        slice_name="overview",
        choices={
            "kind": choices.kinds_of(shell),
            "sex": choices.sexes_of(shell),
            "org_unit_id": await shared.units(shell),
            "account_manager_id": await choices.colleagues(shell),
        },
        left_out=_LATER if person else _LATER | _OF_A_PERSON,
    )
    columns = [
        each if each.name in _WHO_SERVES else structs.replace(each, label=title_of(each.name, shell))
        for each in struct.fields(shell, given, errors)
    ]
    more = own_fields(Standing(kind=kind), shell, given, errors)
    reach = {f"{SEALED}{field.name}" for field in CONTACT_FIELDS}
    return {
        "who": [each for each in columns if each.name not in _WHO_SERVES],
        "reach": [each for each in more if each.name in reach],
        "more": [each for each in more if each.name not in reach],
        "serves": [each for each in columns if each.name in _WHO_SERVES],
    }
