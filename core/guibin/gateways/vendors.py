"""Handing a message to a vendor's web service. We build the address and the request; no address of a company's is read.

A vendor's host stands in our code, its secrets go where the vendor's documents say, and our own carrier takes the request
there: to a checked address, by TLS, without redirects, bounded in time and size.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from guibin.outbound.carrier import Answer, carrier

from . import providers
from .providers import Outcome

JSON = "application/json; charset=utf-8"
# No character that ends a part of an address or a line of a header.
_NUMBER = re.compile(r"\+?[0-9]{5,20}")
_MAINLAND = re.compile(r"(?:\+?86|0086)?(1[0-9]{10})")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,38}")


class Call(Struct, frozen=True):
    """One request, ready to be sent: made of constants and of settings that were checked."""

    url: str
    body: bytes
    headers: dict[str, str]


# What the vendor's answer says: its code, empty when it took the message; None when it is no answer of the vendor's.
Reading = Callable[[Mapping[str, Any]], str | None]
IsFinal = Callable[[str], bool]


async def hand_over(call: Call, *, reading: Reading, is_final: IsFinal) -> Outcome:
    """Send it and say what the vendor made of it. Never raises for what the vendor does."""
    answer = await carrier().post(call.url, call.body, call.headers, timeout_s=providers.TIMEOUT_S, keeps_body=True)
    if answer.error:
        return failed(answer)
    try:
        said = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        said = None
    code = reading(said) if isinstance(said, dict) else None
    if code is None or (code == "" and not 200 <= answer.status < 300):
        return Outcome(f"http_{answer.status}")
    # What a vendor answers is written down, so only a word is taken from it.
    return Outcome(code if _WORD.fullmatch(code) else "refused", final=is_final(code)) if code else Outcome()


def failed(answer: Answer) -> Outcome:
    """No answer came, for this reason; an address that is none becomes none by trying again."""
    return Outcome(answer.error, final=answer.is_hopeless)


def mainland(number: str) -> str | None:
    """A mainland mobile's eleven digits, or another number with its country code; None when it is no number."""
    compact = number.replace(" ", "").replace("-", "")
    found = _MAINLAND.fullmatch(compact)
    if found:
        return found[1]
    return compact if _NUMBER.fullmatch(compact) else None


def fitting(text: str, *, bytes_max: int) -> str:
    """As much of the text as fits, at the edge of a character."""
    whole = text.encode()
    return text if len(whole) <= bytes_max else whole[: bytes_max - 3].decode(errors="ignore") + "…"
