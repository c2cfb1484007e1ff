"""How sections of several packs and of the company become one."""

from typing import Annotated

import pytest
from msgspec import Struct

from guibin.policy import merging
from guibin.policy.merging import ADDED, EACH_ONCE, FIRST_THAT_FITS, KEYED, NAMED, REPLACED


class Item(Struct, frozen=True):
    name: str
    value: int = 0


class Parts(Struct, frozen=True):
    named: Annotated[tuple[Item, ...], NAMED] = ()
    added: Annotated[tuple[int, ...], ADDED] = ()
    fitting: Annotated[tuple[int, ...], FIRST_THAT_FITS] = ()
    kinds: Annotated[tuple[str, ...], EACH_ONCE] = ()
    replaced: Annotated[int | None, REPLACED] = None
    keyed: Annotated[dict[str, int], KEYED] = {}


class Own(Struct, frozen=True):
    named: tuple[Item, ...] = ()
    added: tuple[int, ...] | None = None
    fitting: tuple[int, ...] | None = None
    replaced: int | None = None
    keyed: dict[str, int] = {}


CORE = Parts(named=(Item("a", 1), Item("b", 1)), added=(1, 2), fitting=(1,), kinds=("x",), replaced=1, keyed={"k": 1})
PACK = Parts(named=(Item("b", 2), Item("c", 2)), added=(2, 3), fitting=(2, 3), kinds=("y", "x"), keyed={"k": 2, "l": 2})


def merged(own=Own(), parts=(CORE, PACK)):
    return merging.merged(Parts, parts, own)


def test_of_several_each_section_goes_by_its_rule():
    assert merged() == {
        "named": (Item("a", 1), Item("b", 2), Item("c", 2)),
        "added": (1, 2, 2, 3),
        "fitting": (2, 3, 1),
        "kinds": ("x", "y"),
        "replaced": 1,
        "keyed": {"k": 2, "l": 2},
    }


def test_the_companys_own_comes_last_and_alone_where_nothing_has_a_name():
    own = Own(named=(Item("a", 9),), added=(), fitting=(9,), replaced=0, keyed={"l": 9})

    assert merged(own) == {
        "named": (Item("a", 9), Item("b", 2), Item("c", 2)),
        "added": (),
        "fitting": (9,),
        "kinds": ("x", "y"),
        "replaced": 0,
        "keyed": {"k": 2, "l": 9},
    }


def test_what_nobody_says_anything_of_is_left_out():
    assert "replaced" not in merged(parts=(Parts(),))


def test_a_section_without_a_rule_is_refused():
    class Unsaid(Struct, frozen=True):
        bare: tuple[int, ...] = ()

    with pytest.raises(TypeError, match="bare"):
        merging.merged(Unsaid, (Unsaid(),), Own())
