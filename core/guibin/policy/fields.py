"""Fields of the archive and of forms: their type, who may see them, and checking of values."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

from msgspec import Struct
from stdnum.cn import uscc

from guibin.notation.plausible import RULE as PLAUSIBLE
from guibin.notation.plausible import day_in, is_plausible
from guibin.notation.spelling import code, compact, line, paragraph, wrong_code
from guibin.notation.telephones import is_telephone, written

from .words import Clause, Named

FieldType = Literal[
    "text",
    "integer",
    "date",
    "choice",
    "boolean",
    "acceptance",
    "phone",
    "identity_number",
    "credit_code",
    "passport",
    "home_return_permit",
    "taiwan_permit",
    "residence_permit",
    "money",
    "email",
]
# What a person is identified by beside a resident identity card.
DOCUMENTS = ("passport", "home_return_permit", "taiwan_permit", "residence_permit")
Confidentiality = Literal["open", "internal", "confidential"]
CHARS_MAX = 500
# What stands in a confidential value that is shown without a disclosure.
MASK = "***"
_ONE_LINE = re.compile(r"\s*\n\s*")
_IDENTITY = re.compile(r"[0-9]{17}[0-9X]")
# Authority and kind of body, place, and the body's own number (GB 32100); village collectives have N2 in front.
_CREDIT_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")
# Of any country (ICAO 9303), of residents of Hong Kong and Macao, of Taiwan: old forms end with how often it was renewed.
_PASSPORT = re.compile(r"(?=.*[0-9])[A-Z0-9]{6,9}")
_HOME_RETURN = re.compile(r"[HM][0-9]{8}(?:[0-9]{2})?")
_TAIWAN = re.compile(r"[0-9]{8}|[0-9]{10}[A-Z]?")
# Of foreigners who live here for good: a country, a place, the day of birth; since 2023 a number like a resident's, with 9 in front.
_RESIDENCE = re.compile(r"[A-Z]{3}[0-9]{4}([0-9]{6})[0-9]{2}")
_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


class ArchiveField(Struct, frozen=True, forbid_unknown_fields=True):
    """One field. `confidential` values are sealed and masked, `searchable` ones found by their exact value.

    An `acceptance` is true or missing. `third_party` marks data about somebody else than the customer (subtlety 69).
    `holder` says that only persons or
    only organisations have it; an identity number is always a person's. `claims` names the metric of a tier scheme whose
    figure an answer to a form says: whoever decides sees it beside what the company has recorded (S13-6).
    """

    name: Named
    type: FieldType = "text"
    confidentiality: Confidentiality = "internal"
    searchable: bool = False
    required: bool = False
    third_party: bool = False
    choices: tuple[Named, ...] = ()
    chars_max: int = CHARS_MAX
    holder: Literal["anybody", "person", "organisation"] = "anybody"
    claims: Named = ""
    clause: Clause = ""


class FieldProblem(Struct, frozen=True):
    """Which field breaks which rule with which value, and what to do."""

    field: str
    rule: str
    value: str
    fix: str = ""


def spelled(field: ArchiveField, value: str) -> str:
    """The value as it is kept, however it was written: what is checked, sealed and shown."""
    match field.type:
        case "phone":
            return written(value)
        case (
            "identity_number" | "credit_code" | "passport" | "home_return_permit" | "taiwan_permit" | "residence_permit"
        ):
            return compact(value)
        case "date":
            day = day_in(value)
            return day.isoformat() if day else line(value)
        case "text" if field.confidentiality == "confidential" and not field.searchable:
            # Several values of a field stand on lines of their own in a spreadsheet: one of them is one line.
            return _ONE_LINE.sub(" ", paragraph(value))
        case "text":
            return code(value) if field.searchable else paragraph(value)
    return line(value)


def check_values(fields: Sequence[ArchiveField], values: Mapping[str, object]) -> tuple[FieldProblem, ...]:
    """Everything wrong with values of these fields; nothing when all is well. Absent and None are the same."""
    known = {field.name: field for field in fields}
    problems = [
        FieldProblem(name, "a field of the archive", str(value)[:60], f"one of: {', '.join(known)}")
        for name, value in values.items()
        if name not in known
    ]
    for field in fields:
        value = values.get(field.name)
        if value is None or value == "":
            if field.required:
                problems.append(FieldProblem(field.name, "required", "", "give a value"))
            continue
        rule = _broken_rule(field, value)
        if rule:
            problems.append(FieldProblem(field.name, rule, str(value)[:60]))
    return tuple(problems)


def _broken_rule(field: ArchiveField, value: object) -> str:
    match field.type:
        case "integer" | "money":
            return "" if isinstance(value, int) and not isinstance(value, bool) else "a whole number"
        case "boolean":
            return "" if isinstance(value, bool) else "true or false"
        case "acceptance":
            return "" if value is True else "true: it has to be accepted"
    if not isinstance(value, str):
        return "text"
    if "\x00" in value:
        return "text without NUL characters"
    value = spelled(field, value)
    if field.confidentiality == "confidential" and MASK in value:
        return "the value itself, not as it is shown masked"
    if len(value) > field.chars_max:
        return f"at most {field.chars_max} characters"
    match field.type:
        case "choice":
            return "" if value in field.choices else f"one of: {', '.join(field.choices)}"
        case "date":
            return _date_rule(value)
        case "phone":
            return "" if is_telephone(value) else "a telephone number of 5 to 17 digits, perhaps with an extension"
        case "identity_number":
            return "" if is_identity_number(value) else "an identity number of 18 characters with a valid check digit"
        case "passport" | "home_return_permit" | "taiwan_permit" | "residence_permit":
            return "" if is_document(field.type, value) else _DOCUMENT_RULES[field.type]
        case "credit_code":
            return (
                ""
                if is_credit_code(value)
                else "a unified social credit code of 18 characters with a valid check digit"
            )
        case "text" if field.searchable and wrong_code(value):
            return wrong_code(value)
        case "email":
            local, at, domain = value.partition("@")
            return "" if at and local and "." in domain and " " not in value else "an e-mail address"
    return ""


def is_identity_number(value: str) -> bool:
    """A resident identity number (GB 11643): 18 characters, a real date of birth, a right check digit."""
    if not _IDENTITY.fullmatch(value) or _date_rule(f"{value[6:10]}-{value[10:12]}-{value[12:14]}"):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(value[:17], _IDENTITY_WEIGHTS, strict=True))
    return "10X98765432"[total % 11] == value[17]


_DOCUMENT_RULES = {
    "passport": "a passport's number: 6 to 9 letters and digits",
    "home_return_permit": "a permit of residents of Hong Kong or Macao: H or M and 8 digits, perhaps 2 more",
    "taiwan_permit": "a permit of residents of Taiwan: 8 digits, or 10 of an old one",
    "residence_permit": "a foreigner's permanent residence number: 18 characters from 9 on with a valid check digit, or 15 of an old one",
}


def is_document(kind: str, value: str) -> bool:
    """Whether it may be the number of such a document; a right check digit where the document has one."""
    if kind == "passport":
        return _PASSPORT.fullmatch(value) is not None
    if kind == "home_return_permit":
        return _HOME_RETURN.fullmatch(value) is not None
    if kind == "taiwan_permit":
        return _TAIWAN.fullmatch(value) is not None
    if kind != "residence_permit":
        return is_identity_number(value)
    old = _RESIDENCE.fullmatch(value)
    born = old[1] if old else ""
    return (value.startswith("9") and is_identity_number(value)) or (
        bool(born) and any(not _date_rule(f"{century}{born[:2]}-{born[2:4]}-{born[4:]}") for century in ("19", "20"))
    )


def born_on(identity_number: str) -> date:
    """The date of birth in a resident identity number that is one."""
    return date.fromisoformat(f"{identity_number[6:10]}-{identity_number[10:12]}-{identity_number[12:14]}")


def is_credit_code(value: str) -> bool:
    """A unified social credit code (GB 32100): 18 characters and a right check digit."""
    return _CREDIT_CODE.fullmatch(value) is not None and uscc.calc_check_digit(value[:17]) == value[17]


def _date_rule(value: str) -> str:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return "a date such as 1980-05-17"
    return "" if is_plausible(day) else PLAUSIBLE
