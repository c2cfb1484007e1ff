"""Why a value is refused, in the reader's words: figures and names in a rule stay with what is said of them."""

import re
from collections.abc import Callable

from .texts import spelled

_AFTER_SENTENCE = ". 。"
# The figures of a rule, n1, n2, … in its text.
_BOUND = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
# What rules say with something in it: the text `reason.<name>`, and how the rule is written.
_FORMS = tuple(
    (name, re.compile(form, re.DOTALL))
    for name, form in (
        ("one_of", r"(?:Expected |not )?one of: (?P<what>.+)"),
        ("no_column", r"not (?:one of the columns|a field of a fact): (?P<what>.+)"),
        ("no_known_column", r"a heading row with one of the columns: (?P<what>.+)"),
        ("unfolds", r"unfolds to at most (?P<most>.+) and (?P<times>\d+) times its size"),
        ("text_in", r"text in (?P<what>\S+)"),
        ("workbook", r"a workbook that opens \((?P<what>.+)\)"),
        ("csv", r"well-formed csv \((?P<what>.+)\)"),
        ("waits", r"(?P<what>\d+ \w+(?:, \d+ \w+)*): see to them or end them first"),
        ("same_row", r"the same (?:contact|number|fact) stands in row (?P<row>\d+)"),
        ("other_order", r"there is an order '(?P<number>.*)' already, of another customer"),
        ("unseen", r"(?P<login>\S+) does not see the org unit (?P<unit>\S+) of this customer: .+"),
        ("after_today", r"after today, (?P<day>\S+)"),
        ("longer", r"longer than (?P<most>[\d,]+) characters"),
        ("longer", r"Expected `(?:str|array)` of length <= (?P<most>\d+).*"),
        ("shorter", r"Expected `(?:str|array)` of length >= (?P<least>\d+).*"),
        ("at_least", r"Expected `(?:int|float)` >= (?P<least>-?[\d.]+).*"),
        ("at_most", r"Expected `(?:int|float)` <= (?P<most>-?[\d.]+).*"),
        ("whole", r"Expected `int.*"),
        ("a_number", r"Expected `float.*"),
        ("a_moment", r"(?:Invalid RFC3339 encoded datetime|Expected `datetime.*)"),
        ("a_day", r"(?:Invalid RFC3339 encoded date|Expected `date.*)"),
        ("none_such", r"Invalid enum value '?(?P<what>.*?)'?"),
        ("a_spelling", r"Expected `str` matching regex.*"),
        ("moment_as", r"not a moment written as (?P<what>.+)"),
        ("merged", r"part of the merged cell (?P<cell>\S+): .+"),
        ("digits_after", r"at most (?P<digits>\d+) digits after the point.*"),
        ("of_persons", r"none: \S+ is an organisation.*"),
        ("of_organisations", r"none: \S+ is a person.*"),
        ("near", r"did you mean (?P<what>[^?]+)\?.*"),
        ("lost_letters", r"(?:text|a \w+|\w+) without .*characters.*"),
        ("field_of", r"a field of (?P<what>\S+)"),
        ("question_once", r"every question once: (?P<what>.+)"),
        ("request_for", r"a request for (?P<what>.+)"),
        ("before_it_expires", r"from (?P<day>\S+), (?P<days>\d+) days before it expires"),
        ("money_in", r"0 or more, in (?P<what>\S+)"),
        ("minutes_of", r"0 minutes or more, and one of (?P<what>.+)"),
        ("workstream_once", r"in exactly one workstream, it is in (?P<what>.+)"),
        ("field_that_has", r"a field that (?P<what>.+) has"),
        ("borne_out", r"borne out by the figures: the guest belongs to (?P<what>.+)"),
        ("unreadable", r"a file that can be read \((?P<what>.+)\)"),
        ("figures_give", r"a reason where the figures do not show what was asked for \(they give (?P<what>.+)\)"),
        ("customer_of_kind", r"a customer of kind (?P<what>.+)"),
        ("until_day", r"after today and not after (?P<day>\S+)"),
        ("such_as", r"such as (?P<what>.+)"),
        ("see", r"see (?P<what>GET \S+)"),
        ("as_the_policy_says", r"(?P<what>\S+), as the policy says"),
        ("read_back", r"read back as (?P<what>.+)"),
        ("between", r"(?:not )?a day from (?P<first>\S+) to (?P<last>\S+)"),
    )
)

# Rules that end with what might stand there instead.
_LISTS = ("one_of", "no_column", "no_known_column", "near")
Says = Callable[..., str]


def worded(broken: str, says: Says, has: Callable[[str], bool], listed: Callable[[str], str] = str) -> str:
    """The rule in the reader's words; empty for one that none are known for. `says` and `has` are those of the pages' texts,
    `listed` what is made of the names that might stand there, parted by commas."""
    for name, form in _FORMS:
        if found := form.fullmatch(broken):
            values = found.groupdict()
            values |= {"what": listed(values["what"])} if name in _LISTS else {}
            values |= {"what": _waiting(values["what"], says)} if name == "waits" else {}
            return says("error.one_of" if name == "one_of" else f"reason.{name}", **values)
    key = f"rule.{spelled(broken)}"
    if has(key):
        return says(key, **{f"n{place}": number for place, number in enumerate(_BOUND.findall(broken), 1)})
    parts = broken.split(", or ")
    if len(parts) > 1 and all(has(f"rule.{spelled(part)}") for part in parts):
        return says("error.or").join(worded(part, says, has).rstrip(_AFTER_SENTENCE) for part in parts)
    head, colon, rest = broken.partition(": ")
    said = worded(head, says, has) if colon else ""
    allowed = rest.removeprefix("one of: ")
    if said and allowed != rest:
        return said.rstrip(_AFTER_SENTENCE) + says("reason.allowed", what=listed(allowed))
    return said + near(rest, says, listed) if said else said


def _waiting(counts: str, says: Says) -> str:
    """What an archive still waits for, "2 complaints, 1 calls", in the reader's words."""
    each = (one.split(" ", 1) for one in counts.split(", "))
    return says("comma").join(says(f"waits.{kind}", count=count) for count, kind in each)


def unworded(broken: str, says: Says, sentence: Callable[[str], str]) -> str:
    """A rule that no words are known for: of one that was a refusal's sentence elsewhere, as of a pack's row, what `sentence` makes."""
    return says("error.required") if broken.startswith("required") else sentence(broken) or broken


def near(fix: str, says: Says, listed: Callable[[str], str] = str) -> str:
    """What was probably meant, as a sentence after the rule; empty where that is not what the fix says."""
    return worded(fix, says, lambda _: False, listed) if fix.startswith("did you mean ") else ""


def choices(broken: str) -> tuple[str, ...]:
    """What might stand there, where the rule is a list of it; else nothing."""
    _, found, allowed = broken.rpartition("one of: ")
    return tuple(allowed.split(", ")) if found else ()
