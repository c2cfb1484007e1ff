"""What staff type to find a Chinese name: the characters, the pinyin, or its initials."""

import re
from functools import lru_cache

from guibin.spelling import line

# Chinese characters in a row, which are read together, and whatever stands between them.
_RUNS = re.compile("[\u3007\u3400-\u9fff\U00020000-\U0003ffff]+|[^\u3007\u3400-\u9fff\U00020000-\U0003ffff]+")


def search_keys(name: str) -> tuple[str, str]:
    """Pinyin and initials of a name, small letters without spaces: 张三丽 → zhangsanli, zsl."""
    folded = fold(name)
    # Text that is not Chinese stays in one piece: its words count as syllables.
    parts = [word.lower() for run in _RUNS.findall(folded) for word in _words(run) if word[0].isalnum()]
    return "".join(parts)[:400], "".join(part[0] for part in parts)[:200]


def fold(text: str) -> str:
    """The name as it is kept and looked for: see `guibin.spelling`."""
    return line(text)


def prefix_range(prefix: str) -> tuple[str, str]:
    """The half-open range of all texts that begin with `prefix`, in byte order."""
    return prefix, prefix + "\U0010ffff"


@lru_cache(maxsize=16_384)
def _words(run: str) -> tuple[str, ...]:
    # Imported here: its tables take longer than the whole command that never needs them.
    from pypinyin import Style, lazy_pinyin

    # People share names, and pinyin takes longer than anything else about a row of an import.
    syllables = lazy_pinyin(run, style=Style.NORMAL, errors="default")
    return tuple(word for syllable in syllables for word in syllable.split())
