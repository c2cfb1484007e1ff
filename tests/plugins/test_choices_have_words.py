"""What a field of an archive or a form can be is read as words, in every pack and both languages."""

import pytest
from pack_values import all_packs

PACKS = all_packs()


def _choices(pack):
    fields = [*pack.fields, *(field for form in pack.forms for field in form.fields)]
    return {(field.name, value) for field in fields for value in field.choices}


@pytest.mark.parametrize("name", PACKS.names)
def test_every_choice_has_its_words(name):
    pack = PACKS.value(name)
    missing = [
        f"choice.{field}.{value}"
        for field, value in sorted(_choices(pack))
        if f"choice.{field}.{value}" not in pack.texts and f"{field}.{value}" not in pack.texts
    ]

    assert missing == []
