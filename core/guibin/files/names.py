"""What a file is called: nothing of a path, nothing that is not seen, and the ending that its content has."""

import unicodedata

from .bounds import NAME_CHARS_MAX

# Not allowed in names by one system or another, or with a meaning in a header.
_ODD = dict.fromkeys(map(ord, '<>:"|?*;'), "_")
# Control and format signs (right-to-left overrides among them), private and half characters.
_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
_ENDING_CHARS_MAX = 10


def cleaned(name: str, endings: tuple[str, ...]) -> str:
    """The name as it is kept. `endings` are those that the content may have, the usual one first: any other is replaced."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    seen = "".join(each for each in unicodedata.normalize("NFC", last) if unicodedata.category(each) not in _UNSEEN)
    plain = " ".join(seen.translate(_ODD).split()).strip(". ")
    stem, dot, ending = plain.rpartition(".")
    if not dot or len(ending) > _ENDING_CHARS_MAX or not ending.isascii():
        stem, ending = plain, ""
    kept = ending.lower() if ending.lower() in endings else endings[0]
    return f"{stem.strip('. ')[: NAME_CHARS_MAX - len(kept) - 1] or 'file'}.{kept}"
