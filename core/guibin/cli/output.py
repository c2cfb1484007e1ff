"""Saying things in the terminal: tables for people, JSON for scripts, progress on standard error."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import msgspec
from cyclopts import Parameter
from cyclopts.validators import Number
from msgspec import Struct
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from guibin_tenants.refusals import Invalid, Refusal

Json = Annotated[bool, Parameter(help="Print JSON for a script.", negative="")]
# How many rows a list shows.
Limit = Annotated[int, Parameter(help="How many, from 1.", validator=Number(gte=1, lte=1_000_000))]

# Piped output is for scripts and logs: no line is broken or cut there.
out = Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else 1_000)
err = Console(stderr=True, highlight=False, emoji=False)


def say(message: str) -> None:
    """Progress, on standard error."""
    err.print(message, style="dim", soft_wrap=True)


def refuse_unless_typed(slug: str, yes: str, warning: str) -> None:
    """Raises Invalid unless the slug was typed again: as `yes`, or now, below the warning."""
    answered = yes or input(f"{warning} Type its slug again: ")
    if answered.strip() != slug:
        raise Invalid.at("yes", "the slug again, letter by letter", f"--yes {slug}", answered)


def as_json(value: object) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def answer(found: object, sentence: str, *, json: bool) -> None:
    """What was found as JSON for a script, or a sentence for people."""
    if json:
        as_json(found)
    else:
        out.print(sentence, soft_wrap=True)


def answer_table(
    found: object, columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str = "", json: bool
) -> None:
    """What was found as JSON for a script, or as a table for people."""
    if json:
        as_json(found)
    else:
        as_table(columns, rows, empty=empty)


def fields_of(value: Struct) -> list[tuple[str, object]]:
    """A row for each of its fields."""
    return [(name, getattr(value, name)) for name in value.__struct_fields__]


def as_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """Rows under their columns, or the sentence `empty`."""
    if not rows:
        out.print(empty)
        return
    shown = [tuple("" if value is None else str(value) for value in row) for row in rows]
    if not sys.stdout.isatty():
        # For scripts and logs: aligned, whole, and nothing behind the last column.
        widths = [max(cell_len(row[place]) for row in (columns, *shown)) for place in range(len(columns))]
        for row in (columns, *shown):
            line = "  ".join(set_cell_size(value, width) for value, width in zip(row, widths, strict=True))
            sys.stdout.write(line.rstrip() + "\n")
        return
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in shown:
        table.add_row(*row)
    out.print(table)


def explain(refusal: Refusal) -> None:
    """A refusal with each of its fields."""
    err.print(f"[bold red]refused:[/] {escape(refusal.detail)}", soft_wrap=True)
    for field in refusal.fields:
        given = f" (given: {field.value})" if field.value is not None else ""
        fix = f"; {field.fix}" if field.fix else ""
        err.print(f"  {field.field}: {field.rule}{fix}{given}", soft_wrap=True, markup=False)


def refuse_unwritable(file: Path, *, endings: tuple[str, ...]) -> None:
    """Before any work: raises Invalid unless a file of this name and ending can be written there."""
    if file.suffix.lower() not in endings:
        rule, fix = f"a file called {' or '.join(endings)}", ""
    elif not file.parent.is_dir():
        rule, fix = "a file in a folder that exists", f"make the folder {file.parent}"
    elif file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
        rule, fix = "a file that may be written", "choose another place"
    else:
        return
    raise Invalid.at("file", rule, fix, str(file), detail="Nothing was written")


def fail(message: str) -> NoReturn:
    """A sentence on standard error, and exit code 1."""
    err.print(f"[bold red]error:[/] {escape(message)}", soft_wrap=True)
    sys.exit(1)
