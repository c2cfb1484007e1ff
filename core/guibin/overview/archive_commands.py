"""What is added to an archive, taken out of it and ended, piece by piece: each by the action of the archive's own room."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from msgspec import Struct, structs

from guibin.console import forms
from guibin.console.commands import Command
from guibin.console.forms import Choice, Field
from guibin.console.shell import Shell
from guibin.context import Act
from guibin.profiles import actions, closing, merging, particulars
from guibin.profiles import queries as profiles
from guibin.profiles.merging import Difference
from guibin.profiles.particulars import NewLinkEnding
from guibin.profiles.queries import CustomerView, archive_fields
from guibin.profiles.requests import CustomerChange, NewMerge, NewUndoing
from guibin_tenants.principals import may
from guibin_tenants.refusals import Refusal

from . import choices
from .archive_form import Given, is_sealed, suited, text_of, title_of, told

WRITE = may("customers:write")
ROW = "row_id"
PREFERENCE = "preference."


class Row(Struct, frozen=True, kw_only=True):
    """Which row of the archive."""

    row_id: UUID


class EndedRow(NewLinkEnding, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part that is over."""

    row_id: UUID


async def remove_contact_point(customer_id: UUID, new: Row, act: Act) -> None:
    """Raises NotFound."""
    await particulars.remove_contact_point(customer_id, new.row_id, act)


async def remove_occasion(customer_id: UUID, new: Row, act: Act) -> None:
    """Raises NotFound."""
    await particulars.remove_occasion(customer_id, new.row_id, act)


async def remove_relative(customer_id: UUID, new: Row, act: Act) -> None:
    """Raises NotFound."""
    await particulars.remove_relative(customer_id, new.row_id, act)


async def remove_link(customer_id: UUID, new: Row, act: Act) -> None:
    """Raises NotFound."""
    await particulars.remove_link(customer_id, new.row_id, act)


async def end_link(customer_id: UUID, new: EndedRow, act: Act) -> None:
    """Raises NotFound, Conflict when it is over already."""
    await particulars.end_link(customer_id, new.row_id, NewLinkEnding(on=new.on), act)


async def row_asked(shell: Shell, _: UUID) -> Mapping[str, str]:
    """The row that the button stands beside."""
    return {ROW: shell.request.query_params.get(ROW, "")}


async def sealed_fields(shell: Shell) -> Sequence[Choice]:
    """The confidential fields that the customer at hand has: ways to reach them, and what else is sealed."""
    person = await profiles.customer(UUID(str(shell.request.path_params["customer_id"])))
    return [Choice(each.name, title_of(each.name, shell)) for each in suited(person.kind, shell) if is_sealed(each)]


def _removing(name: str, action: object) -> Command:
    return Command(
        name=name,
        action=action,  # type: ignore[arg-type]  # one of those above
        needs=WRITE,
        icon="trash",
        danger=True,
        given=row_asked,
    )


async def closing_reasons(shell: Shell) -> Sequence[Choice]:
    """Why an archive is closed, by the policy."""
    return [Choice(each, shell.named(f"closing_reason.{each}")) for each in shell.act.policy.closing.reasons]


class UndoneRow(NewUndoing, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merge that joined two customers."""

    row_id: UUID


async def undo_merge(customer_id: UUID, new: UndoneRow, act: Act) -> None:
    """As `merging.undo`."""
    await merging.undo(customer_id, new.row_id, NewUndoing(reason=new.reason), act)


CLOSE, MERGE = may("customers:close"), may("customers:merge")
CHOICE, COMPARED = "choices.", "compared"
MERGING = forms.Form(
    kind=NewMerge, slice_name="overview.merge", left_out=frozenset({"choices"}), finds=frozenset({"merged_id"})
)


def merge_form(
    shell: Shell, given: Given, errors: Mapping[str, str], differ: Sequence[Difference], *, compared: bool
) -> list[Field]:
    """Which other archive is the same customer's; once the two were compared, what of both is to stay."""
    chosen = [
        Field(
            name=CHOICE + each.field,
            kind="either",
            label=difference_title(each.field, shell),
            required=True,
            choices=tuple(Choice(one, _choice(one, each, shell)) for one in each.choices),
            value=text_of(given, CHOICE + each.field),
            error=errors.get(CHOICE + each.field, ""),
        )
        for each in differ
    ]
    second = [Field(name=COMPARED, kind="hidden", label="", value="true")] if compared else []
    return [*MERGING.fields(shell, given, errors), *chosen, *second]


def is_compared(given: Given, errors: Mapping[str, str]) -> bool:
    """Whether the second step is shown: what differs, and the merging itself."""
    return bool(given) and not any(name in errors for name in ("merged_id", "reason", ""))


def difference_title(field: str, shell: Shell) -> str:
    """What a field that differs is called: a column, a preference, a field of the policy, or a scheme's tier."""
    part, _, name = field.partition(".")
    if part == "tier":
        return shell.named(f"scheme.{name}")
    return (
        choices.worded("overview.preference", name, shell) if part == "preferences" else title_of(name or part, shell)
    )


def _choice(which: str, each: Difference, shell: Shell) -> str:
    said = {"kept": each.kept, "merged": each.merged}.get(which, [])
    values = [_value(each.field, one, shell) for one in said]
    return shell.says(f"overview.merge.{which}", values=shell.joined(values))


def _value(field: str, value: str, shell: Shell) -> str:
    """What one of the archives says there, in words."""
    part, _, name = field.partition(".")
    match part:
        case "tier":
            return shell.act.policy.title(f"tier.{value}", shell.language, scheme=name)
        case "kind":
            return shell.named(f"customer_kind.{value}")
        case "sex":
            return choices.worded("overview.sex", value, shell)
        case "fields" if value in ("True", "False"):
            return shell.says("yes" if value == "True" else "no")
        case "fields":
            return told(
                value, next((each for each in archive_fields(shell.act.policy) if each.name == name), None), shell
            )
        case _:
            return value


async def merge(customer_id: UUID, given: Given, shell: Shell) -> tuple[list[Difference], dict[str, str]] | None:
    """Merge what was sent and had been compared: None when it is done, else what is to be chosen and what is wrong, by field."""
    asked = {name: list(values) for name, values in given.items() if not name.startswith(CHOICE) and name != COMPARED}
    filled = forms.fill(NewMerge, asked, shell)
    if filled.errors:
        return [], filled.errors
    picked = {name.removeprefix(CHOICE): text_of(given, name) for name in given if name.startswith(CHOICE)}
    try:
        differ = await merging.differences(customer_id, filled.value.merged_id, shell.act)
        if {each.field for each in differ} - {name for name, value in picked.items() if value}:
            missing = {
                CHOICE + each.field: shell.says("error.required") for each in differ if not picked.get(each.field)
            }
            return differ, missing if picked else {}
        if COMPARED not in given:
            return [], {}
        known = {each.field: picked[each.field] for each in differ}
        await merging.merge(customer_id, structs.replace(filled.value, choices=known), shell.act)
    except Refusal as refusal:
        return [], forms.faults(refusal, shell)
    return None


COMMANDS = (
    Command(
        name="close",
        action=closing.close,
        needs=CLOSE,
        icon="lock",
        danger=True,
        choices={"reason": closing_reasons},
    ),
    Command(name="reopen", action=closing.reopen, needs=CLOSE, icon="refresh"),
    Command(
        name="contact_point",
        action=particulars.add_contact_point,
        needs=WRITE,
        icon="plus",
        choices={"field": sealed_fields},
    ),
    Command(name="occasion", action=particulars.add_occasion, needs=WRITE, icon="plus"),
    Command(
        name="relative",
        action=particulars.add_relative,
        needs=WRITE,
        icon="plus",
        choices={"relation": choices.relations},
    ),
    Command(
        name="link",
        action=particulars.link,
        needs=WRITE,
        icon="plus",
        choices={"role": choices.parts},
        finds=frozenset({"of_customer_id"}),
    ),
    Command(name="end_link", action=end_link, needs=WRITE, icon="x", given=row_asked),
    Command(name="undo_merge", action=undo_merge, needs=MERGE, icon="arrow-back-up", given=row_asked),
    _removing("remove_contact_point", remove_contact_point),
    _removing("remove_occasion", remove_occasion),
    _removing("remove_relative", remove_relative),
    _removing("remove_link", remove_link),
)


def preference_form(customer: CustomerView, shell: Shell, given: Given, errors: Mapping[str, str]) -> list[Field]:
    """What the customer prefers: whatever there is a word for, and whatever stands there already."""
    known = [each.value for each in choices.every("overview.preference", shell)]
    ways = tuple(choices.every("overview.preferred", shell))
    return [
        Field(
            name=PREFERENCE + name,
            kind="choice" if name == "contact" else "text",
            label=choices.worded("overview.preference", name, shell),
            longest=500,
            choices=ways if name == "contact" else (),
            value=text_of(given, PREFERENCE + name) if given else customer.preferences.get(name, ""),
            error=errors.get("preferences", "") if name == known[0] else "",
        )
        for name in dict.fromkeys((*known, *customer.preferences))
    ]


async def prefer(customer: CustomerView, given: Given, shell: Shell) -> dict[str, str]:
    """Write down what the customer prefers; what is wrong by field, nothing when it is done."""
    prefix = len(PREFERENCE)
    sent = {name[prefix:]: text_of(given, name) for name in given if name.startswith(PREFERENCE)}
    preferences = {name: value for name, value in sent.items() if value}
    if preferences == customer.preferences:
        return {"": shell.says("overview.nothing_differs")}
    try:
        await actions.change(customer.id, CustomerChange(preferences=preferences), shell.act)
    except Refusal as refusal:
        return forms.faults(refusal, shell)
    return {}
