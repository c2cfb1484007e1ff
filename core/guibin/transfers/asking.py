"""What the page of an import asks: which column is which field, what stands in every row, and what is meant by its words."""

from collections.abc import Collection, Sequence
from collections.abc import Mapping as Given

from msgspec import Struct, structs

from guibin.console.forms import Choice
from guibin.policy.packs import Policy
from guibin.spreadsheets.mapping import Mapping, Values

from .actions import Untold
from .queries import TransferView
from .wording import Wording

# Before what stands in every row, where a column could be named instead.
EVERY = "="


class Meant(Struct, frozen=True):
    """A word of the file, and the choice that is meant by it."""

    given: str
    code: str


class Asked(Struct, frozen=True):
    """A field, what it is called, the column it is taken from or what stands in every row, what may stand there, and its words that
    need telling."""

    name: str
    title: str
    column: str
    choices: tuple[Choice, ...]
    words: tuple[Meant, ...]


def asked(name: str, known: TransferView, untold: Given[str, Untold], wording: Wording) -> Asked:
    """By the mapping; a column that bears the field's name in the reader's language is it, too, and one whose name is a
    longer form of it, unless two are: 客户编号 for 编号."""
    mapping, told = known.mapping, untold.get(name)
    translated = mapping.values.get(name)
    column = translated.column if translated else mapping.columns.get(name, "")
    constant = f"{EVERY}{mapping.constants[name]}" if name in mapping.constants else ""
    codes = dict.fromkeys([*_choices(name, known.kind, wording.policy), *(told.choices if told else ())])
    meant = dict(translated.map) if translated else {}
    meant |= {given: "" for given in (told.values if told else ()) if given not in meant}
    return Asked(
        name,
        wording.field(name),
        constant or column or _bears(wording.field(name), known.heading),
        tuple(wording.choices(name, codes)),
        tuple(Meant(given, code) for given, code in meant.items()),
    )


def answered(given: Given[str, Sequence[str]], known: TransferView) -> Mapping:
    """The mapping that the page was sent with, beside whatever it does not ask: moments, templates, rows passed over."""
    sent = {name: values[0] for name, values in given.items() if values and values[0]}
    chosen = {name.removeprefix("field."): said for name, said in sent.items() if name.startswith("field.")}
    columns = {name: said for name, said in chosen.items() if said in known.heading}
    values: dict[str, Values] = {}
    for name, code in sent.items():
        part, _, rest = name.partition(".")
        field, _, word = rest.partition(".")
        if part == "word" and field in columns:
            translated = values.setdefault(field, Values(columns[field], {}, keep=True))
            translated.map[word] = code
    return structs.replace(
        known.mapping,
        columns={name: column for name, column in columns.items() if name not in values},
        constants={name: said.removeprefix(EVERY) for name, said in chosen.items() if name not in columns},
        values=values,
    )


def _bears(title: str, heading: Collection[str]) -> str:
    names = (title, *title.split("或"))
    near = [head for head in heading if len(head) > 1 and any(each in head for each in names)]
    exact = next((head for head in heading if head in names), "")
    return exact or (near[0] if len(near) == 1 else "")


def _choices(name: str, kind: str, policy: Policy) -> tuple[str, ...]:
    """What may stand in a field of an archive."""
    if kind != "customers":
        return ()
    known = {field.name: field.choices for field in policy.fields} | {"kind": policy.customer_kinds}
    return known.get(name, ())
