"""Values that a room above gives to one below when it is imported: the one below names no table of the one above."""

from typing import Generic, TypeVar

Value = TypeVar("Value")


class NothingGiven(RuntimeError):
    """A value from above is wanted in a process that has not imported whoever gives it. Always a fault of the program."""


class FromAbove(Generic[Value]):
    """A place for such a value, called `what` where it is missed."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._given: list[Value] = []

    def give(self, value: Value) -> Value:
        """Fill the place, at import; a second time replaces."""
        self._given[:] = [value]
        return value

    def __call__(self) -> Value:
        """What was given. Raises NothingGiven."""
        if not self._given:
            raise NothingGiven(f"nothing was given for {self.what}: import guibin.timetable first")
        return self._given[0]


class NamedFromAbove(dict[str, Value]):
    """Such values by name, of whichever rooms have one to give: a name that nobody gave is not there."""

    def give(self, name: str, value: Value) -> None:
        """Call it so, at import; a second time replaces."""
        self[name] = value
