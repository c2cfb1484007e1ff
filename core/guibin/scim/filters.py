"""A filter of a list (RFC 7644, 3.4.2.2), read and put as a condition whose values are parameters."""

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from .refusals import WrongFilter

CHARS_MAX, TERMS_MAX, DEPTH_MAX = 2_000, 40, 10
_TOKEN = re.compile(r'\s*(?:(\()|(\))|("(?:[^"\\]|\\.)*")|([A-Za-z][\w:.$-]*))')
# How a text is compared with the parameter.
_COMPARED = {
    "eq": "{0} = {1}",
    "ne": "{0} is distinct from {1}",
    "sw": "starts_with({0}, {1})",
    "ew": "right({0}, length({1})) = {1}",
    "co": "position({1} in {0}) > 0",
}


class Attribute(Struct, frozen=True):
    """One that may be asked about: its column, whether it is yes or no, and whether capitals matter."""

    column: str
    is_flag: bool = False
    any_case: bool = False


Attributes = Mapping[str, Attribute]


class Condition(Struct, frozen=True):
    """A condition of a statement, and its parameters from `$1` on."""

    sql: str
    values: tuple[Any, ...]


def condition_of(text: str, attributes: Attributes) -> Condition:
    """Raises WrongFilter."""
    if not text.strip():
        return Condition("true", ())
    if len(text) > CHARS_MAX or "\x00" in text:
        raise WrongFilter()
    reader = _Reader(_tokens(text), attributes)
    sql = reader.either(0)
    if reader.tokens:
        raise WrongFilter()
    return Condition(sql, tuple(reader.values))


class _Reader:
    """What is left to be read, and the parameters so far."""

    def __init__(self, tokens: list[str], attributes: Attributes) -> None:
        self.tokens, self.attributes, self.values = tokens, attributes, list[Any]()
        self.terms = 0

    def either(self, depth: int) -> str:
        parts = [self._both(depth)]
        while self._word() == "or":
            self.tokens.pop(0)
            parts.append(self._both(depth))
        return f"({' or '.join(parts)})"

    def _both(self, depth: int) -> str:
        parts = [self._term(depth)]
        while self._word() == "and":
            self.tokens.pop(0)
            parts.append(self._term(depth))
        return f"({' and '.join(parts)})"

    def _term(self, depth: int) -> str:
        self.terms += 1
        if depth > DEPTH_MAX or self.terms > TERMS_MAX or not self.tokens:
            raise WrongFilter()
        denied = self._word() == "not"
        if denied:
            self.tokens.pop(0)
        if self._word() == "(":
            self.tokens.pop(0)
            inside = self.either(depth + 1)
            if self._take() != ")":
                raise WrongFilter()
            return f"(not coalesce({inside}, false))" if denied else inside
        if denied:
            raise WrongFilter()
        return self._compared()

    def _compared(self) -> str:
        attribute = self.attributes.get(self._take().lower().rpartition(":")[2])
        verb = self._take().lower()
        if attribute is None:
            raise WrongFilter()
        if verb == "pr":
            return f"({attribute.column} is not null)"
        raw = self._take()
        if verb not in _COMPARED or (attribute.is_flag and verb not in ("eq", "ne")):
            raise WrongFilter()
        self.values.append(_flag(raw) if attribute.is_flag else _text(raw, attribute))
        return "(" + _COMPARED[verb].format(attribute.column, f"${len(self.values)}") + ")"

    def _word(self) -> str:
        return self.tokens[0].lower() if self.tokens else ""

    def _take(self) -> str:
        if not self.tokens:
            raise WrongFilter()
        return self.tokens.pop(0)


def _tokens(text: str) -> list[str]:
    found, at, text = [], 0, text.strip()
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise WrongFilter()
        found.append(token[0].strip())
        at = token.end()
    return found


def _flag(raw: str) -> bool:
    said = raw.strip('"').lower()
    if said not in ("true", "false"):
        raise WrongFilter()
    return said == "true"


def _text(raw: str, attribute: Attribute) -> str:
    if len(raw) < 2 or not raw.startswith('"'):
        raise WrongFilter()
    said = re.sub(r"\\(.)", r"\1", raw[1:-1])
    return said.lower() if attribute.any_case else said
