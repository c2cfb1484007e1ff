"""What staff type to find a name: its characters, the pinyin, the initials; from its beginning or from within.

A name is taken apart into units: a Chinese character each, another script's word each. Dots, spaces, hyphens and invisible
characters count for nothing, traditional characters as simplified ones.
"""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, product

from .spelling import line
from .surnames import DOUBLE, GIVEN, SINGLE

TERM_CHARS_MAX = 100
# Bounds for one name: how many units can be searched from, and in how many ways of reading each beginning.
_UNITS_MAX = 60
_READINGS_MAX = 8
_KEPT = ("L", "M", "N")
# Characters of a private area stand for rare ones that a company's own font has.
_PRIVATE = "Co"


def search_keys(name: str) -> tuple[str, str]:
    """Pinyin and initials of a name, small letters without spaces: 张三丽 → zhangsanli, zsl. A surname is read as one."""
    first = tuple(readings[0] for _, readings in _units(name))
    return "".join(first)[:400], "".join(part[0] for part in first)[:200]


def search_terms(name: str) -> set[str]:
    """What the name is found by, each as the beginning of what is typed: from every unit on the characters, the
    pinyin and the initials, in each usual reading. Bounded: the first 60 units, 100 characters each.
    """
    units = _units(name)[:_UNITS_MAX]
    terms = set()
    for start in range(len(units)):
        rest = units[start:]
        terms.add("".join(text for text, _ in rest)[:TERM_CHARS_MAX])
        for spoken in _spoken([readings for _, readings in rest]):
            terms.add("".join(spoken)[:TERM_CHARS_MAX])
            terms.add("".join(part[0] for part in spoken)[:TERM_CHARS_MAX])
            # 北京ABC科技 is bjabckj to whoever types it.
            short = (part[0] if is_chinese(text[0]) else part for (text, _), part in zip(rest, spoken, strict=True))
            terms.add("".join(short)[:TERM_CHARS_MAX])
    # One letter finds whatever begins with it; only of a name that is no more it is a term of its own.
    longer = {term for term in terms if len(term) > 1 or not term.isascii()}
    return longer.union(key[:TERM_CHARS_MAX] for key in search_keys(name) if key)


def typed_key(text: str) -> str:
    """What somebody types, as names are kept for searching; empty when nothing of it can stand in a name."""
    return "".join(filter(_counts, _plain(text)))[:TERM_CHARS_MAX]


def fold(text: str) -> str:
    """The name as it is kept and looked for: see `guibin.notation.spelling`."""
    return line(text)


def prefix_range(prefix: str) -> tuple[str, str]:
    """The half-open range of all texts that begin with `prefix`, in byte order."""
    return prefix, prefix + "\U0010ffff"


def is_chinese(character: str) -> bool:
    """Whether it is a Chinese character, rare ones included."""
    return character == "\u3007" or "\u3400" <= character <= "\u9fff" or "\U00020000" <= character <= "\U0003ffff"


# People share names, and reading them takes longer than anything else about a row of an import.
@lru_cache(maxsize=16_384)
def _units(name: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    words: list[str] = []
    apart = True
    for character in _plain(name):
        if not _counts(character):
            apart = True
        elif is_chinese(character) or apart or is_chinese(words[-1][-1]):
            words.append(character)
            apart = False
        else:
            words[-1] += character
    return tuple(zip(words, _readings(words), strict=True))


def _readings(words: list[str]) -> Iterator[tuple[str, ...]]:
    """How each unit may be read, the usual way first."""
    chinese = "".join(word for word in words if is_chinese(word[0]))
    sounds = iter(_sounds(chinese)) if chinese else iter(())
    own = _of_surname("".join(words)) if words and is_chinese(words[0][0]) else ()
    for place, word in enumerate(words):
        if not is_chinese(word[0]):
            yield (word,)
            continue
        usual = next(sounds)
        # Whoever does not know a surname reads it as the character is read by itself.
        known = (*own[place], usual, *_sounds(word)) if place < len(own) else (usual,)
        yield tuple(dict.fromkeys(_with_lu((*known, *GIVEN.get(word, ())))))


def _of_surname(name: str) -> tuple[tuple[str, ...], ...]:
    """How the one or two characters of the surname are read as one; 单于海 may also be a Mr Shan."""
    single = SINGLE.get(name[:1], ())
    if name[:2] in DOUBLE:
        first, second = DOUBLE[name[:2]]
        return (first, *single), (second,)
    return (single,)


def _with_lu(readings: tuple[str, ...]) -> Iterator[str]:
    """吕 is typed lv by an input method, lyu in a passport, lu or lü by everybody else."""
    for reading in readings:
        yield reading
        if reading[:2] in ("lv", "nv"):
            yield f"{reading[0]}u{reading[2:]}"
            yield f"{reading[0]}yu{reading[2:]}"


def _sounds(chinese: str) -> list[str]:
    # Imported here: its tables take longer than the whole command that never needs them.
    from pypinyin import Style, lazy_pinyin

    found = lazy_pinyin(chinese, style=Style.NORMAL, errors=list)  # type: ignore[arg-type]  # it may return several
    # Where it gives fewer or more than one for each, it was no reading.
    return found if len(found) == len(chinese) else [*chinese]


def _spoken(readings: list[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """The ways to read it all, varying what stands first before what follows."""
    ways = product(*reversed(readings))
    return (way[::-1] for way in islice(ways, _READINGS_MAX))


def _plain(text: str) -> str:
    folded = line(text).casefold()
    return folded if folded.isascii() else "".join(map(_basic, folded))


def _counts(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in _KEPT or category == _PRIVATE


@lru_cache(maxsize=65_536)
def _basic(character: str) -> str:
    """The simplified character; the letter without its accent, for whoever has no such key."""
    if is_chinese(character):
        # One at a time: a name and a part of it must become the same.
        return str(_converter().convert(character))
    letter = unicodedata.normalize("NFD", character)[0]
    return letter if letter.isascii() and letter.isalpha() else character


@lru_cache(maxsize=1)
def _converter():  # type: ignore[no-untyped-def]  # the library is untyped
    # Imported here: it reads its dictionaries.
    from opencc import OpenCC

    return OpenCC("t2s")
