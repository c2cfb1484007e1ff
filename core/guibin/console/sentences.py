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


class Sentences:
    """Sentences with gaps by their English; of several that fit, the one that says most itself is taken."""

    def __init__(self, told: Mapping[str, str], words: Mapping[str, str]) -> None:
        self._whole = {said: chinese for said, chinese in told.items() if not _GAP.search(said)}
        gapped = sorted(told.keys() - self._whole.keys(), key=lambda said: len(_GAP.sub("", said)), reverse=True)
        self._gapped = [(_form(said), told[said]) for said in gapped]
        self._telling = self._gapped[: sum(len(_GAP.sub("", said)) >= _TELLING for said in gapped)]
        self._words = words

    def chinese(self, said: str, word: Callable[[str], str] = str) -> str:
        """The sentence in Chinese; empty for one that is not known. `word` is asked about a name that stands in it."""
        if said in self._whole:
            return self._whole[said]
        return self._among(self._gapped, said, word)

    def _among(self, forms: Sequence[tuple[re.Pattern[str], str]], said: str, word: Callable[[str], str]) -> str:
        for form, chinese in forms:
            if found := form.fullmatch(said):
                values = {gap: self._value(value, word) for gap, value in found.groupdict().items()}
                return chinese.format_map(values)
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


def _form(said: str) -> re.Pattern[str]:
    parts = _GAP.split(said)
    forms = (f"(?P<{part}>.*)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
    return re.compile("".join(forms), re.DOTALL)
