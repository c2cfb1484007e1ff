"""What a pack shows beside a file that is lent: to be read alone, whatever the pack's template offers."""

from html import escape
from html.parser import HTMLParser

from markupsafe import Markup

# Gone with what they hold.
_OFFERED = frozenset(
    (
        "button",
        "select",
        "textarea",
        "script",
        "style",
        "iframe",
        "object",
        "dialog",
        "menu",
        "audio",
        "video",
        "svg",
        "math",
    )
)
# Gone alone, so that what they hold is read.
_UNWRAPPED = frozenset(
    ("form", "fieldset", "a", "area", "map", "embed", "input", "link", "base", "meta", "img", "source")
)
_VOID = frozenset(("br", "hr", "wbr", "col", "input", "img", "embed", "link", "meta", "base", "area", "source"))
_KEPT = frozenset(
    ("class", "title", "datetime", "colspan", "rowspan", "scope", "lang", "dir", "role", "aria-label", "aria-hidden")
)


def only_read(html: str) -> Markup:
    """The same words, figures and tables without forms, buttons, links and whatever else asks the server or runs: what is left of an
    attribute says how something looks or reads."""
    reading = _Reading()
    reading.feed(html)
    reading.close()
    return Markup("".join(reading.kept))  # every text and attribute is escaped again


class _Reading(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.kept: list[str] = []
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _OFFERED:
            self._within.append(tag)
        elif not self._within and tag not in _UNWRAPPED:
            said = "".join(f' {name}="{escape(value or "")}"' for name, value in attrs if name in _KEPT)
            self.kept.append(f"<{tag}{said}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._within:
            if tag == self._within[-1]:
                self._within.pop()
        elif tag not in _UNWRAPPED and tag not in _VOID:
            self.kept.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._within:
            self.kept.append(escape(data))
