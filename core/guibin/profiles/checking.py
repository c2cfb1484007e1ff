"""What an archive must agree on with the policy, and the spelling in which it is kept; imports ask it row by row."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from msgspec import Struct, structs

from guibin.notation.dates import Day, shown, wrong_birthday
from guibin.notation.names import fold
from guibin.notation.spelling import code, line, wrong_code
from guibin.policy.fields import ArchiveField, born_on, check_values, is_identity_number, spelled
from guibin.policy.packs import Policy
from guibin.sealing.seeing import is_written, unwritten
from guibin_tenants.refusals import FieldError, refuse
from guibin_tenants.scope import seen_fields

from .queries import every_field
from .requests import CustomerChange, NewCustomer

Given = TypeVar("Given", NewCustomer, CustomerChange)
_LINES = ("name", "employer", "department", "position")


class Particulars(Struct, frozen=True, kw_only=True):
    """A customer as somebody wants it written. `held` names confidential fields that it has already."""

    kind: str
    number: str
    name: str
    sex: str | None = ""
    birthday: Day | None = None
    fields: Mapping[str, object] = {}
    confidential: Mapping[str, str | list[str]] = {}
    held: Collection[str] = ()


def refuse_wrong(given: Particulars, policy: Policy, *, now: datetime) -> None:
    """Raises Invalid with every wrong field."""
    problems = wrong_fields(given, policy, now=now)
    refuse(problems, "The archive is not valid")


def wrong_fields(given: Particulars, policy: Policy, *, now: datetime) -> tuple[FieldError, ...]:
    """Everything wrong with an archive."""
    return Checker(policy, now).wrong(given)


def refuse_unwritten(columns: Iterable[str], given: NewCustomer | CustomerChange, policy: Policy) -> None:
    """Raises Invalid, as for a field that there is not, for what is given and whoever acts does not write: they do not see it."""
    if not seen_fields():
        return
    unseen = {field.name for field in every_field(policy) if not is_written(field)}
    fields = given.fields if isinstance(given.fields, Mapping) else {}
    wrong = sorted(unwritten().intersection(columns))
    wrong += [f"fields.{name}" for name in fields if name in unseen]
    wrong += [f"confidential.{name}" for name in given.confidential if name in unseen]
    refuse([FieldError(name, "a field of the archive") for name in wrong], "The archive is not valid")


class Checker:
    """A policy's rules for archives, made ready once for many of them."""

    def __init__(self, policy: Policy, now: datetime) -> None:
        self.policy = policy
        self.now = now
        fields = every_field(policy)
        self._plain = [field for field in fields if field.confidentiality != "confidential"]
        self._secret = {field.name: field for field in fields if field.confidentiality == "confidential"}
        self._unsuited: dict[str, tuple[ArchiveField, ...]] = {}

    def wrong(self, given: Particulars) -> tuple[FieldError, ...]:
        """Everything wrong with this archive."""
        return (
            *_wrong_basics(given, self.policy, self.now),
            *self._wrong_values(given),
            *self._not_for_the_kind(given),
        )

    def unsuited(self, kind: str) -> tuple[ArchiveField, ...]:
        """The fields that customers of this kind do not have (S07-1)."""
        if kind not in self._unsuited:
            every = (*self._plain, *self._secret.values())
            self._unsuited[kind] = tuple(field for field in every if not suits(field, kind, self.policy))
        return self._unsuited[kind]

    def _wrong_values(self, given: Particulars) -> Iterator[FieldError]:
        foreign = {field.name for field in self.unsuited(given.kind)}
        applicable = [field for field in self._plain if field.name not in foreign]
        values = {name: value for name, value in given.fields.items() if name not in foreign}
        if values.keys() <= {field.name for field in applicable}:
            # What is neither given nor required cannot be wrong.
            applicable = [field for field in applicable if field.required or field.name in values]
        for p in check_values(applicable, values):
            yield FieldError(f"fields.{p.field}", p.rule, p.fix, p.value)
        for field in applicable:
            if rule := self._unborn(field, values.get(field.name)):
                yield FieldError(f"fields.{field.name}", rule)
        for name, several in given.confidential.items():
            known = [self._secret[name]] if name in self._secret else list(self._secret.values())
            for value in listed(several):
                # The value itself stays out of the answer and the logs.
                for p in check_values(known, {name: value}):
                    if p.field == name:
                        yield FieldError(f"confidential.{name}", p.rule, p.fix)
                if name in self._secret and (rule := self._unborn(self._secret[name], value)):
                    yield FieldError(f"confidential.{name}", rule)

    def _unborn(self, field: ArchiveField, value: object) -> str:
        """What is wrong with the day of birth in an identity number; empty for any other value."""
        if field.type != "identity_number" or not isinstance(value, str):
            return ""
        number = str(spelled(field, value))
        wrong = wrong_birthday(born_on(number), now=self.now) if is_identity_number(number) else ""
        return f"an identity number whose day of birth is {wrong}" if wrong else ""

    def _not_for_the_kind(self, given: Particulars) -> Iterator[FieldError]:
        """S07-1: what only a person has is refused for an organisation, and the other way round."""
        if given.kind not in self.policy.customer_kinds:
            return
        organisation = self.policy.is_organisation(given.kind)
        what = "an organisation" if organisation else "a person"
        rule, fix = f"none: {given.kind} is {what}", "leave it empty, or choose another kind"
        if organisation and given.sex:
            yield FieldError("sex", rule, fix, given.sex)
        if organisation and given.birthday:
            yield FieldError("birthday", rule, fix, shown(given.birthday))
        for field in self.unsuited(given.kind):
            has = field.name in given.held or listed(given.confidential.get(field.name, ""))
            if field.confidentiality == "confidential" and has:
                yield FieldError(f"confidential.{field.name}", rule, fix)
            elif given.fields.get(field.name) not in (None, ""):
                yield FieldError(f"fields.{field.name}", rule, fix, str(given.fields[field.name])[:60])


def listed(given: str | list[str]) -> list[str]:
    """The values of a confidential field, blank ones left out."""
    return [value for value in ([given] if isinstance(given, str) else given) if value.strip()]


def suits(field: ArchiveField, kind: str, policy: Policy) -> bool:
    """Whether customers of this kind have the field (S07-1)."""
    if policy.is_organisation(kind):
        return field.holder != "person" and field.type != "identity_number"
    return field.holder != "organisation"


def _wrong_basics(given: Particulars, policy: Policy, now: datetime) -> Iterator[FieldError]:
    if not 1 <= len(fold(given.name)) <= 200:
        yield FieldError("name", "1 to 200 characters", value=given.name[:60])
    if not 1 <= len(code(given.number)) <= 60:
        yield FieldError("number", "1 to 60 characters", value=given.number[:60])
    elif wrong_code(given.number):
        yield FieldError("number", wrong_code(given.number), value=given.number)
    if given.kind not in policy.customer_kinds:
        yield FieldError("kind", "a customer kind", f"one of: {', '.join(policy.customer_kinds)}", given.kind[:60])
    if given.birthday:
        rule = wrong_birthday(given.birthday, now=now)
        if rule:
            yield FieldError("birthday", rule, value=shown(given.birthday))


def as_kept(given: Given, fields: Sequence[ArchiveField]) -> Given:
    """The same archive, or the same change of one, as it is checked, compared and sealed, whoever sends it. What is left out stays so."""
    known = {field.name: field for field in fields}
    changed: dict[str, Any] = {name: line(value) for name in _LINES if isinstance(value := getattr(given, name), str)}
    if isinstance(given, NewCustomer):
        changed["number"] = code(given.number)
    if isinstance(given.fields, Mapping):
        changed["fields"] = {name: _plain(known.get(name), value) for name, value in given.fields.items()}
    changed["confidential"] = {
        name: [_value(known.get(name), text) for text in value]
        if isinstance(value, list)
        else _value(known.get(name), value)
        for name, value in given.confidential.items()
    }
    return structs.replace(given, **changed)


def _plain(field: ArchiveField | None, value: object) -> object:
    return _value(field, value) if isinstance(value, str) else value


def _value(field: ArchiveField | None, value: str) -> str:
    # NUL stays, to be refused where it was written; what is no field of the archive is refused by its name.
    return value if field is None or "\0" in value else spelled(field, value)
