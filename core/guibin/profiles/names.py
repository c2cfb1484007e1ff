"""What staff type to find a Chinese name: the characters, the pinyin, or its initials."""

import unicodedata


def search_keys(name: str) -> tuple[str, str]:
    """Pinyin and initials of a name, small letters without spaces: 张三丽 → zhangsanli, zsl."""
    # Imported here: its tables take longer than the whole command that never needs them.
    from pypinyin import Style, lazy_pinyin

    folded = fold(name)
    syllables = lazy_pinyin(folded, style=Style.NORMAL, errors="default")
    # Text that is not Chinese comes back in one piece: its words count as syllables.
    parts = [word.lower() for syllable in syllables for word in syllable.split() if word[0].isalnum()]
    return "".join(parts)[:400], "".join(part[0] for part in parts)[:200]


def fold(text: str) -> str:
    """Full-width forms as ordinary ones, no spaces around, one between words."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def prefix_range(prefix: str) -> tuple[str, str]:
    """The half-open range of all texts that begin with `prefix`, in byte order."""
    return prefix, prefix + "\U0010ffff"
