"""In which encoding a text file is: told by its byte order mark, proved by UTF-8, or judged by how common its characters are.

The bytes of Big5 are good GB18030 as well and the other way round, but what one reads in the wrong one are rare
characters: 陳大文 in Big5 reads 朝ゅ in GB18030. Both standards put the common characters first, so the reading with the
larger share of those is the right one; where neither is clearly ahead, nobody should guess.
"""

import codecs
from pathlib import Path

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE_BYTES = 4 * 1024 * 1024
# Lead bytes of punctuation and of the common characters: GB 2312 level 1, Big5 level 1.
_COMMON = {"gb18030": (0xB0, 0xD7, (0xA1, 0xA3)), "big5hkscs": (0xA4, 0xC6, (0xA1, 0xA2))}
_LEAD_MIN, _SHARE_MIN = 0.15, 0.6


def encoding_of(file: Path) -> str:
    """The encoding, empty when it cannot be told."""
    with file.open("rb") as stream:
        sample = stream.read(_SAMPLE_BYTES)
    for mark, encoding in _MARKS:
        if sample.startswith(mark):
            return encoding
    if _is_utf8(file):
        return "utf-8" if sample.count(0) * 4 <= len(sample) else ""
    shares = {encoding: _share(sample, encoding) for encoding in _COMMON}
    (second, behind), (first, ahead) = sorted(shares.items(), key=lambda one: one[1])
    return first if ahead >= _SHARE_MIN and ahead - behind >= _LEAD_MIN and first != second else ""


def _is_utf8(file: Path) -> bool:
    try:
        with file.open(encoding="utf-8") as stream:
            while stream.read(1024 * 1024):
                pass
    except UnicodeDecodeError:
        return False
    return True


def _share(sample: bytes, encoding: str) -> float:
    """Which part of the characters beyond ASCII is common; below 0 when the bytes are no text in it."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        text = decoder.decode(sample, len(sample) < _SAMPLE_BYTES)
    except UnicodeDecodeError:
        return -1.0
    first, last, marks = _COMMON[encoding]
    kinds = [one.encode(encoding) for one in text if ord(one) > 0x7F]
    common = sum(len(kind) == 2 and (first <= kind[0] <= last or kind[0] in marks) for kind in kinds)
    return common / len(kinds) if kinds else 1.0
