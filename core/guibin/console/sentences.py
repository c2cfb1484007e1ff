"""What refusals say of the very case, in Chinese: `templates/sentences.toml` has each sentence as it is raised, for pages and API alike."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files

_GAP = re.compile(r"\{(\w)\}")
# How names stand beside each other in a sentence, and how they do in Chinese.
_PARTED = re.compile(r"(, | or | and |[()])")
_PARTS = {", ": "、", " or ": "或", " and ": "且"}
# What has fewer letters of its own fits too much to be looked for within another sentence.
_TELLING = 12


class _Form:
    """A sentence with gaps. What stands in them comes from callers: it is found in one pass, however long it is."""

    def __init__(self, said: str) -> None:
        parts = _GAP.split(said)
        self._first, *self._between = parts[::2]
        self._last = self._between.pop()
        self._gaps = parts[1::2]

    def values(self, said: str) -> dict[str, str] | None:
        """What stands in each gap; None when it is another sentence."""
        if not said.startswith(self._first) or not said.endswith(self._last):
            return None
        at, end, found = len(self._first), len(said) - len(self._last), []
        for words in self._between:
            place = said.find(words, at, end)
            if place < 0:
                return None
            found.append(said[at:place])
            at = place + len(words)
        return dict(zip(self._gaps, (*found, said[at:end]), strict=True)) if at <= end else None


class Sentences:
    """Sentences with gaps by their English; of several that fit, the one that says most itself is taken."""

    def __init__(self, told: Mapping[str, str], words: Mapping[str, str]) -> None:
        self._whole = {said: chinese for said, chinese in told.items() if not _GAP.search(said)}
        gapped = sorted(told.keys() - self._whole.keys(), key=lambda said: len(_GAP.sub("", said)), reverse=True)
        self._gapped = [(_Form(said), told[said]) for said in gapped]
        self._telling = self._gapped[: sum(len(_GAP.sub("", said)) >= _TELLING for said in gapped)]
        self._words = words

    def chinese(self, said: str, word: Callable[[str], str] = str) -> str:
        """The sentence in Chinese; empty for one that is not known. `word` is asked about a name that stands in it."""
        if said in self._whole:
            return self._whole[said]
        return self._among(self._gapped, said, word)

    def _among(self, forms: Sequence[tuple[_Form, str]], said: str, word: Callable[[str], str]) -> str:
        for form, chinese in forms:
            found = form.values(said)
            if found is not None:
                return chinese.format_map({gap: self._value(value, word) for gap, value in found.items()})
        return ""

    def _value(self, value: str, word: Callable[[str], str]) -> str:
        if told := self._whole.get(value) or self._among(self._telling, value, word):
            return told
        return "".join(_PARTS.get(part) or self._words.get(part) or word(part) for part in _PARTED.split(value))


@cache
def known() -> Sentences:
    """The product's own."""
    read = tomllib.loads((files("guibin") / "console/templates/sentences.toml").read_text(encoding="utf-8"))
    return Sentences(read["sentences"], read["words"])
