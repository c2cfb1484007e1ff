"""How a customer is addressed: 张先生, 欧阳女士, Mr Zhang, or the whole name where neither is known."""

from typing import Literal

from .names import fold, is_chinese, search_keys
from .spelling import dotted
from .surnames import surname_of

Language = Literal["zh-CN", "en"]
_TITLES = {"zh-CN": {"male": "先生", "female": "女士"}, "en": {"male": "Mr", "female": "Ms"}}


def title(sex: str, language: str) -> str:
    """先生 or 女士, Mr or Ms; empty where the archive does not say."""
    return _TITLES["en" if language == "en" else "zh-CN"].get(sex, "")


def addressee(name: str, sex: str, language: str) -> str:
    """The caller's surname with the title; the whole name for a company, or where the archive does not say the sex."""
    given, called = title(sex, language), fold(name)
    if not given:
        return called
    surname = _surname(called)
    if language != "en":
        return f"{surname}{given}"
    return f"{given} {_spelt(surname)}"


def _surname(name: str) -> str:
    # A name such as 买买提·艾力 has no surname, and John Smith has it at the end.
    if not is_chinese(name[0]):
        return name.rsplit(" ", 1)[-1]
    return name if "·" in dotted(name) else surname_of(name)


def _spelt(surname: str) -> str:
    if not is_chinese(surname[0]):
        return surname
    parts = (search_keys(part)[0] for part in dotted(surname).split("·"))
    return "·".join(part.capitalize() for part in parts)
