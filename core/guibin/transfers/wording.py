"""What is wrong with a file in the reader's words: what its columns and the choices of a reason are called."""

from collections.abc import Iterable
from functools import cache, partial
from importlib.resources import files
from pathlib import Path

from msgspec import Struct

from guibin.console import reasons, sentences
from guibin.console.forms import Choice
from guibin.console.texts import SHARED, Words, folder_of
from guibin.policy.packs import Policy
from guibin.spreadsheets.mapping import Mapping
from guibin.spreadsheets.reading import RowProblem
from guibin.spreadsheets.writing import write_problems

_HEADING = ("sheet", "row", "column", "value", "reason")
# Whose texts say what choices are called, beside those of the slice that the kind bears the name of.
_SLICES = ("transfers", "overview", "hotline", SHARED)
# Columns whose choices stand under another name.
_ALSO = {"role": "part", "birthday_leap_month": "leap_month", "birthday_calendar": "calendar"}
# Under which of the policy's titles the codes of a column stand.
_TITLED = {
    "kind": "customer_kind",
    "customer_kind": "customer_kind",
    "metric": "metric",
    "level": "complaint_level",
    "occasion": "occasion",
    "closed": "closing_reason",
}


@cache
def texts() -> Words:
    """What the core's pages say."""
    names = [each.name for each in files("guibin").iterdir() if (each / "templates" / "zh.toml").is_file()]
    return Words({name: folder_of(name) for name in names})


def title_of(kind: str, policy: Policy, language: str) -> str:
    """What a kind is called: a pack's in the pack's words, and one that nobody has words for any more by its name."""
    key = f"import.{kind}"
    if texts().has(f"transfers.kind.{kind}"):
        return texts().of(f"transfers.kind.{kind}", language)
    return kind if (title := policy.title(key, language)) == key else title


class Wording(Struct, frozen=True, kw_only=True):
    """How a file of this kind is spoken of to a reader of this language, by the company's policy. `mapping` says what its
    columns are called in the file."""

    kind: str
    policy: Policy
    language: str
    mapping: Mapping = Mapping()

    def field(self, name: str) -> str:
        """What a field is called, as on the form of the kind where no file alone has it; a heading of the file's is its own name."""
        keys = (f"transfers.name.{name}", f"{self.kind}.field.{name}", f"field.{name}")
        said = next((key for key in keys if texts().has(key)), None)
        return self._says(said) if said else self._titled(f"field.{name}") or name

    def column(self, name: str) -> str:
        """A column as it can be found in the file: what it is called, and its heading where that is something else."""
        heading, called = self.mapping.columns.get(name, name), self.field(name)
        return called if heading == called else self._says("transfers.wrong.spelled", word=called, code=heading)

    def reason(self, column: str, reason: str) -> str:
        """Why what stands in a cell of the column is refused, its choices with what they are called; a reason that has no words
        as it was said."""
        said = reasons.worded(reason, self._says, texts().has, partial(self._listed, column))
        return said or reasons.unworded(reason, self._says, sentences.known().chinese if self.language != "en" else str)

    def choice(self, column: str, code: str) -> str:
        """What a code is called that may stand in the column; itself where it has no words."""
        titles = [f"choice.{column}.{code}"]
        titles += [f"{_TITLED[column]}.{code}"] if column in _TITLED else []
        keys = [f"{name}.{_ALSO.get(column, column)}.{code}" for name in (self.kind, *_SLICES)]
        titled = next((title for key in titles if (title := self._titled(key))), "")
        known = next((key for key in keys if texts().has(key)), "")
        return titled or (self._says(known) if known else self.field(code))

    def choices(self, column: str, codes: Iterable[str]) -> Iterable[Choice]:
        """Codes that may stand in the column, each with what it is called; a word that means one of them, 先生, is no other choice."""
        return (Choice(code, self.choice(column, code)) for code in codes if code.isascii())

    def write(self, file: Path, problems: Iterable[RowProblem]) -> None:
        """The workbook of what is wrong, for whoever mends the file."""
        heading = tuple(self._says(f"transfers.wrong.{name}") for name in _HEADING)
        lines = (
            RowProblem(
                each.sheet, each.row, self.column(each.column), each.value, self.reason(each.column, each.reason)
            )
            for each in problems
        )
        write_problems(file, lines, heading, sheet=self._says("transfers.wrong.title"))

    def _listed(self, column: str, codes: str) -> str:
        """Codes with what they are called, each once: `男` is not said again beside `male`."""
        each = {code: self.choice(column, code) for code in codes.split(", ") if code}
        words = {word for code, word in each.items() if word != code}
        said = [
            code if word.lower() == code.lower() else self._says("transfers.wrong.spelled", word=word, code=code)
            for code, word in each.items()
            if word != code or code not in words
        ]
        return self._says("transfers.wrong.between").join(said)

    def _titled(self, key: str) -> str:
        title = self.policy.title(key, self.language)
        return "" if title == key else title

    def _says(self, key: str, **values: object) -> str:
        return texts().of(key, self.language, **values)
