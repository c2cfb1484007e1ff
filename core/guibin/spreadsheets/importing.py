"""The shape of every import: validate all rows first, then write all of them or none."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct

from guibin_tenants.refusals import Invalid

from .mapping import Mapping
from .reading import Fields, Row, RowProblem, rows

PROBLEMS_MAX = 10_000
Progress = Callable[[str, int], None]
Read = TypeVar("Read", bound=Struct)


class Imported(Struct, frozen=True):
    """What an import did, or with `dry_run` would do.

    `what` was created, updated and unchanged, where that is not rows: a row may hold several facts. `differing` rows say something else than what is held, which stays; `not_taken` are cells that were left alone, and why.
    """

    rows: int
    created: int
    updated: int
    unchanged: int = 0
    dry_run: bool = False
    differing: int = 0
    not_taken: tuple[RowProblem, ...] = ()
    what: Literal["rows", "facts"] = "rows"


class BadRows(Invalid):
    """Nothing was imported: some rows are wrong."""

    def __init__(self, problems: list[RowProblem], rows: int) -> None:
        super().__init__(f"{len(problems)} problems in {rows} rows; nothing was imported")
        self.problems = problems


def problem(row: Row, column: str, value: str, reason: str) -> RowProblem:
    """A problem of this row."""
    return RowProblem(row.sheet, row.number, column, value[:200], reason)


def no_progress(stage: str, rows: int) -> None:
    """For callers that show none."""


class Sheet(Struct, frozen=True):
    """The rows of a file, read as `mapping` says, `batch_rows` at a time; `progress` hears how far that is."""

    file: Path
    mapping: Mapping
    fields: Fields
    batch_rows: int
    progress: Progress = no_progress

    def batches(self) -> Iterator[list[Row]]:
        """All of them. Raises Invalid for an unreadable file."""
        left = rows(self.file, self.mapping, self.fields)
        while batch := list(islice(left, self.batch_rows)):
            yield batch

    def checked(self, problems: list[RowProblem]) -> Iterator[list[Row]]:
        """As `batches`, for whoever adds to `problems` what is wrong with each; too many are not gone on with.

        Raises BadRows after the last when there are any.
        """
        total = 0
        for batch in self.batches():
            yield batch
            total += len(batch)
            self.progress("checked", total)
            if len(problems) > PROBLEMS_MAX:
                break
        if problems:
            raise BadRows(problems, total)


def packed(batch: Sequence[Struct]) -> bytes:
    """What rows were read as, small enough to keep until every row of the file is checked."""
    return zlib.compress(msgspec.msgpack.encode(batch), 1)


def unpacked(batch: bytes, kind: type[Read]) -> list[Read]:
    """What was packed."""
    return msgspec.msgpack.decode(zlib.decompress(batch), type=list[kind])  # type: ignore[valid-type]  # a type by value
