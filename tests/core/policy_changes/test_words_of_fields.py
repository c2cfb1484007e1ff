"""Every section, field and choice of a policy is called something in both languages: its forms and its document say it."""

from msgspec import inspect

from guibin.policy.packs import Overrides
from guibin.policy_changes.values import plain_types
from guibin.policy_changes.wording import choice_title, field_hint, field_title, said_before, section_title, word

# Names and clauses stand in headings, and nobody is named.
UNSHOWN = {"name", "clause", "person"}


def walked(kind, seen):
    """Every struct within, by its class."""
    for each in plain_types(kind):
        if isinstance(each, inspect.StructType) and each.cls not in seen:
            seen[each.cls] = each.fields
            for field in each.fields:
                walked(field.type, seen)
        for within in ("item_type", "value_type"):
            if hasattr(each, within):
                walked(getattr(each, within), seen)
    return seen


STRUCTS = walked(inspect.type_info(Overrides), {})


def literals(kind):
    for each in plain_types(kind):
        if isinstance(each, inspect.LiteralType):
            yield from (value for value in each.values if value)
        if hasattr(each, "item_type"):
            yield from literals(each.item_type)


def test_every_field_and_section_has_a_title():
    unnamed = word("said", "content")
    names = {field.name for kind, fields in STRUCTS.items() if kind is not Overrides for field in fields} - UNSHOWN
    sections = set(Overrides.__struct_fields__) - {"topics"}

    assert len(names) > 200
    assert sorted(name for name in names if field_title(name) == unnamed) == []
    assert sorted(name for name in sections if section_title(name) == unnamed) == []
    assert said_before() != unnamed


def test_every_choice_has_a_title():
    values = {value for fields in STRUCTS.values() for field in fields for value in literals(field.type)}
    tags = {kind.__struct_config__.tag for kind in STRUCTS} - {None}
    deadlines = {"at_once", "hours", "days", "business_hours", "business_days"}
    known = values | {f"in_{tag}" if tag in deadlines else tag for tag in tags}

    wrong = sorted(value for value in known if choice_title(value).zh == value)
    assert (wrong, len(values) > 80, deadlines <= tags) == ([], True, True)


def test_every_field_says_what_it_is_for_in_both_languages():
    names = {field.name for kind, fields in STRUCTS.items() if kind is not Overrides for field in fields} - UNSHOWN
    hints = {name: field_hint(name) for name in names}
    wrong = sorted(
        name
        for name, hint in hints.items()
        if hint is None or hint.zh[-1] != "。" or hint.en[-1] != "." or field_title(name).zh == hint.zh.rstrip("。")
    )

    assert (wrong, len(hints) > 200) == ([], True)
