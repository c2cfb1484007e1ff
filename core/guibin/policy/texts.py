"""Texts in both languages: policy values carry keys, packs bring a text for each."""

import tomllib
from collections.abc import Mapping
from importlib.abc import Traversable

from msgspec import Struct

from .words import Shown

LANGUAGES = ("zh-CN", "en")


class Text(Struct, frozen=True, forbid_unknown_fields=True):
    """One text for people, in Chinese and in English."""

    zh: Shown
    en: Shown

    def in_language(self, language: str) -> str:
        """The text in `language`; Chinese for anything but `en`."""
        return self.en if language == "en" else self.zh


def load(folder: Traversable) -> dict[str, Text]:
    """`zh.toml` and `en.toml` of a folder as texts by dotted key.

    Raises ValueError when one language lacks what the other has.
    """
    languages = {
        name: _flat(tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))) for name in ("zh", "en")
    }
    missing = languages["zh"].keys() ^ languages["en"].keys()
    if missing:
        raise ValueError(f"texts in one language only: {', '.join(sorted(missing))}")
    return {key: Text(zh=languages["zh"][key], en=languages["en"][key]) for key in languages["zh"]}


def _flat(table: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    texts: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            texts |= _flat(value, f"{prefix}{key}.")
        else:
            texts[f"{prefix}{key}"] = str(value)
    return texts
