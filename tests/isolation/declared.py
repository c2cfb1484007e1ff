"""What `tables.txt` and `permissions.txt` say: read as they stand there, never from what they are held against."""

from pathlib import Path

from msgspec import Struct

TABLES = Path(__file__).with_name("tables.txt")
PERMISSIONS = Path(__file__).with_name("permissions.txt")


class Promise(Struct, frozen=True):
    """A line of `tables.txt`."""

    table: str
    wall: str
    rows: str
    marks: tuple[str, ...] = ()
    why: str = ""


class Door(Struct, frozen=True):
    """A line of `permissions.txt`."""

    method: str
    path: str
    needs: tuple[str, ...]

    @property
    def line(self) -> str:
        """As it stands in the file."""
        return f"{self.method} {self.path}: {' '.join(self.needs)}"


def promises() -> dict[str, Promise]:
    """Every table's, by name."""
    found = {}
    for line in _lines(TABLES):
        table, _, said = line.partition(": ")
        marks, _, why = said.partition(", ")
        wall, rows, *others = marks.split()
        found[table] = Promise(table, wall, rows, tuple(others), why)
    return found


def doors() -> dict[str, Door]:
    """Every address's, by method and path."""
    found = {}
    for line in _lines(PERMISSIONS):
        address, _, needs = line.rpartition(": ")
        method, _, path = address.partition(" ")
        found[address] = Door(method, path, tuple(needs.split()))
    return found


def _lines(file: Path) -> list[str]:
    return [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
