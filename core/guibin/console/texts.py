"""What pages say, in both languages: each slice's `zh.toml`, `en.toml` and `fields.toml` in `templates/`, under the slice's name."""

import re
from collections.abc import Mapping
from importlib.abc import Traversable
from importlib.resources import files
from string import Template

from guibin.policy.texts import Text, load

SHARED = "console"
_NO_LETTERS = re.compile(r"[^a-z]+")


class Words:
    """Every text of the pages by key; a key without a slice's name before it is the console's own."""

    def __init__(self, folders: Mapping[str, Traversable]) -> None:
        self._texts: dict[str, Text] = {}
        for name, folder in folders.items():
            self._texts |= {f"{name}.{key}": text for key, text in load(folder).items()}

    def of(self, key: str, language: str, **values: object) -> str:
        """The text with its figures. Raises KeyError for a key that no slice has."""
        text = self._texts.get(key) or self._texts[f"{SHARED}.{key}"]
        said = text.in_language(language)
        return Template(said).substitute(values) if values else said

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in self._texts or f"{SHARED}.{key}" in self._texts

    def keys(self) -> frozenset[str]:
        """Every key."""
        return frozenset(self._texts)


def spelled(said: str) -> str:
    """The key under which what was said in English stands in the texts: its letters."""
    return _NO_LETTERS.sub("_", said.lower()).strip("_")


def folder_of(slice_name: str) -> Traversable:
    """Where a slice of the core keeps its templates and texts."""
    return files("guibin") / slice_name / "templates"
