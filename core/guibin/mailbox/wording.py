"""The words of a mail: out of HTML without anything that runs or is fetched, and what is new of them apart from what only
repeats an earlier mail, as the programs people write with mark it. Pure."""

import re
from html.parser import HTMLParser

_SILENT = frozenset({"script", "style", "head", "title", "template", "noscript", "svg", "math", "object"})
_BREAKS = frozenset(
    {"br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "hr", "pre"}
)
_QUOTES = "blockquote"
HTML_CHARS_MAX = 200_000


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self.silent = self.quoted = self.length = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self.silent += 1
        elif tag in _BREAKS:
            self._say("\n")
        elif tag == _QUOTES:
            self.quoted += 1
            self._say("\n")
        elif tag in ("td", "th"):
            self._say(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(self.silent - 1, 0)
        elif tag == _QUOTES:
            self.quoted = max(self.quoted - 1, 0)
            self._say("\n")
        elif tag in _BREAKS and tag != "br":
            self._say("\n")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self._say(" ".join(data.split()) if data.strip() else " ")

    def _say(self, text: str) -> None:
        self.length += len(text)
        if self.length <= HTML_CHARS_MAX:
            self.said.append(f"\n> {text}" if self.quoted and text.strip() else text)


def text_of(html: str) -> str:
    """What a reader sees of it, line by line; what it quotes begins with `>`."""
    words = _Words()
    words.feed(html)
    words.close()
    lines = [each.strip() for each in "".join(words.said).split("\n")]
    kept = [each for place, each in enumerate(lines) if each or (place and lines[place - 1])]
    return "\n".join(kept).strip()


_RULED = re.compile(
    r"\s*-{2,}\s*(?:原始邮件|原邮件|原始郵件|回复的原邮件|转发的邮件|转发邮件信息|转发邮件|Original(?: Message)?|Forwarded message|"
    r"Original Appointment)\s*-{2,}",
    re.IGNORECASE,
)
_WROTE = re.compile(
    r"\s*(?:On\b.{4,200}\bwrote\s*:|At \d{4}-\d\d-\d\d.{0,200}\bwrote\s*:|(?:在|于)\s?\d{2,4}.{2,200}(?:写道|寫道)\s*[:：]"
    r"|.{1,120}(?:于|於)\s?\d{4}年.{2,80}(?:写道|寫道)\s*[:：])\s*",
    re.IGNORECASE,
)
_FROM = re.compile(r"\s*[*]?(?:发件人|寄件者|寄件人|From)[*]?\s*[:：]", re.IGNORECASE)
_BESIDE = re.compile(
    r"\s*[*]?(?:发送时间|发送日期|日期|时间|收件人|抄送|主题|寄件日期|收件者|主旨|Sent|Date|To|Cc|Subject)[*]?\s*[:：]",
    re.IGNORECASE,
)
_RULE = re.compile(r"\s*[_]{10,}\s*")
# So many lines after the sender's of a quoted head another of its lines stands.
_HEAD_LINES = 4


def folded(text: str) -> tuple[str, str]:
    """What is said and what it quotes; a mail that says nothing of its own, such as one passed on, is all said."""
    lines = text.split("\n")
    begin = _begin(lines)
    fresh, quoted = "\n".join(lines[:begin]).strip(), "\n".join(lines[begin:]).strip()
    return (fresh, quoted) if fresh else (text.strip(), "")


def _begin(lines: list[str]) -> int:
    for place, each in enumerate(lines):
        if _RULED.match(each) or _wrote(lines, place) or _is_head(lines, place):
            return place
        if _RULE.fullmatch(each) and any(_is_head(lines, place + n) for n in (1, 2)):
            return place
    return _trailing(lines)


def _wrote(lines: list[str], place: int) -> bool:
    """On two lines, too: programs break it where it is long."""
    each = lines[place]
    if len(each) > 300:
        return False
    if _WROTE.fullmatch(each):
        return True
    after = lines[place + 1] if place + 1 < len(lines) else ""
    return (
        re.match(r"\s*(?:On |At \d|在|于)", each) is not None
        and _WROTE.fullmatch(f"{each} {after.strip()}"[:300]) is not None
    )


def _is_head(lines: list[str], place: int) -> bool:
    if place >= len(lines) or not _FROM.match(lines[place]):
        return False
    return any(_BESIDE.match(each) for each in lines[place + 1 : place + 1 + _HEAD_LINES])


def _trailing(lines: list[str]) -> int:
    """Where a block of quoted lines begins that goes on to the end."""
    begin = len(lines)
    for place in range(len(lines) - 1, -1, -1):
        if lines[place].lstrip().startswith(">"):
            begin = place
        elif lines[place].strip():
            break
    return begin
