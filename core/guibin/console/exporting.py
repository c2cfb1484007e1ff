"""What cells of a list say, as texts: a file holds what the page shows, masked as it is there."""

from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

from .lists import Column
from .shell import Shell

# Elements without an end.
_VOID = frozenset({"br", "col", "hr", "img", "input", "link", "meta", "use", "wbr"})
_UNSAID = frozenset({"svg", "button", "template", "script"})
_BETWEEN = " · "


class _Cell(HTMLParser):
    """Collects what a cell says: `said` in its first line, `beside` in the one under it. A moment is the exact one."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.beside: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        if tag in _VOID:
            return
        kind = "in"
        if tag in _UNSAID or "g-tier" in classes or "g-who" in classes or given.get("aria-hidden") == "true":
            kind = "unsaid"
        elif tag == "time" and given.get("title"):
            self._say(given["title"])
            kind = "unsaid"
        elif "sub" in classes:
            kind = "beside"
        elif "sep" in classes:
            self._say(_BETWEEN)
        self._open.append(kind)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        self._say(data)

    def _say(self, text: str) -> None:
        if "unsaid" not in self._open:
            (self.beside if "beside" in self._open else self.said).append(text)


def told(html: str) -> tuple[str, str]:
    """What a cell says, and what stands under it."""
    cell = _Cell()
    cell.feed(html)
    cell.close()
    first, second = (" ".join("".join(words).split()) for words in (cell.said, cell.beside))
    return first, second


def lines(rows: dict[str, Any], columns: Sequence[Column], shell: Shell) -> list[list[tuple[str, str]]]:
    """The rows of a page, cell by cell, made by the macros that the page is made by."""
    between = uuid4().hex
    html = shell.render("console/sheet.html", columns=columns, between=between, **rows)
    cells = [told(each) for each in html.split(between)[:-1]]
    return [cells[place : place + len(columns)] for place in range(0, len(cells), len(columns))]
