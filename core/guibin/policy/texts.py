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
    """A folder's texts by dotted key: of `zh.toml` and `en.toml`, and where there is one of `fields.toml`, each in both languages.

    Raises ValueError when one language lacks what the other has, and for a text that stands twice.
    """
    zh, en = _read(folder / "zh.toml"), _read(folder / "en.toml")
    if (folder / "fields.toml").is_file():
        for key, text in _read(folder / "fields.toml").items():
            called, _, language = key.rpartition(".")
            said = {"zh": zh, "en": en}.get(language)
            if said is None or called in said:
                raise ValueError(f"fields.toml: {key} stands elsewhere, or is neither zh nor en")
            said[called] = text
    missing = zh.keys() ^ en.keys()
    if missing:
        raise ValueError(f"texts in one language only: {', '.join(sorted(missing))}")
    return {key: Text(zh=zh[key], en=en[key]) for key in zh}


def _read(file: Traversable) -> dict[str, str]:
    return _flat(tomllib.loads(file.read_text(encoding="utf-8")))


def _flat(table: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    texts: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            texts |= _flat(value, f"{prefix}{key}.")
        else:
            texts[f"{prefix}{key}"] = str(value)
    return texts
