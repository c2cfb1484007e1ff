"""What one policy says otherwise than another, element by element and figure by figure."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from msgspec import Struct

from .deadlines import AtOnce, BusinessDays, BusinessHours, Days, Hours
from .packs import Overrides, Policy
from .switches import called
from .texts import Text

Kind = Literal["added", "removed", "changed"]
# Of what an element is told apart from others of its section, besides its name.
_KEYS = ("name", "scheme", "tier", "item", "span", "channel", "service")
# Where a figure comes from is no change of it.
_CITED = "clause"
# Read as one value, whatever they hold.
_WHOLE = (AtOnce, BusinessDays, BusinessHours, Days, Hours, Text)
SECTIONS = tuple(name for name in Overrides.__struct_fields__ if name in Policy.__struct_fields__)


class Leaf(Struct, frozen=True):
    """A figure, word or piece that differs: the fields and elements that lead to it, and what it was and is."""

    path: tuple[Any, ...]
    old: Any
    new: Any


class Difference(Struct, frozen=True):
    """An element of a section that was added, removed or changed; `called` are its name and the scheme it hangs on."""

    section: str
    called: tuple[str, ...]
    kind: Kind
    old: Any
    new: Any
    leaves: tuple[Leaf, ...] = ()

    @property
    def element(self) -> Any:
        """What it is about, as it is now if it is there."""
        return self.old if self.new is None else self.new

    @property
    def place(self) -> tuple[str, ...]:
        """What tells it from every other element of the policy, whatever it says."""
        said = getattr(self.element, "__struct_fields__", ())
        return (self.section, *self.called, *(str(getattr(self.element, key)) for key in _KEYS if key in said))

    @property
    def path(self) -> str:
        """Where it stands: `schemes.corporate_vip`, `care`."""
        return ".".join((self.section, *self.called[:1]))


def differences(before: Policy, after: Policy) -> Iterator[Difference]:
    """Every element that is not the same in both."""
    for section in SECTIONS:
        old, new = _elements(section, getattr(before, section)), _elements(section, getattr(after, section))
        for key in dict.fromkeys((*old, *new)):
            if key not in new:
                yield Difference(section, key[0], "removed", old[key], None)
            elif key not in old:
                yield Difference(section, key[0], "added", None, new[key])
            elif leaves := tuple(_leaves(old[key], new[key], ())):
                yield Difference(section, key[0], "changed", old[key], new[key], leaves)


def _elements(section: str, value: Any) -> dict[Any, Any]:
    """By what they are called, and what tells two of one name apart."""
    if isinstance(value, Mapping):
        return {((str(key),), ""): one for key, one in value.items()}
    if not isinstance(value, tuple):
        return {} if value is None else {((), ""): value}
    found: dict[Any, Any] = {}
    for one in value:
        names = (called(section, one), getattr(one, "scheme", "")) if isinstance(one, Struct) else (str(one),)
        said = getattr(one, "__struct_fields__", ())
        apart = tuple(str(getattr(one, name)) if name in said else "" for name in _KEYS)
        number = sum(known[0] == names and known[1][:-1] == apart for known in found)
        found[names, (*apart, number)] = one
    return found


def _leaves(old: Any, new: Any, path: tuple[Any, ...]) -> Iterator[Leaf]:
    if old == new:
        return
    if type(old) is type(new) and isinstance(old, Struct) and not isinstance(old, _WHOLE):
        for field in old.__struct_fields__:
            if field == _CITED:
                continue
            yield from _leaves(getattr(old, field), getattr(new, field), (*path, field))
    elif _named(old) and _named(new) and (old or new):
        before, after = {one.name: one for one in old}, {one.name: one for one in new}
        for name in dict.fromkeys((*before, *after)):
            one = after.get(name, before.get(name))
            yield from _leaves(before.get(name), after.get(name), (*path, one))
    else:
        yield Leaf(path, old, new)


def _named(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(one, Struct) and getattr(one, "name", "") for one in value)
