"""How a customer is addressed: 张先生, 欧阳女士, Mr Zhang, or the whole name where neither is known."""

from typing import Literal

from pypinyin import Style, lazy_pinyin

from .names import fold

Language = Literal["zh-CN", "en"]
_TITLES = {"zh-CN": {"male": "先生", "female": "女士"}, "en": {"male": "Mr", "female": "Ms"}}
_OF_TWO = (
    "欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 长孙 宇文 司徒 司空 夏侯 端木 南宫 独孤 百里 呼延 轩辕 钟离 闻人 澹台 赫连"
    " 万俟 申屠 公羊 太史 濮阳 淳于 单于 宗政 拓跋 东郭 西门 第五"
)
_TWO_CHARACTERS = frozenset(_OF_TWO.split())
# As surnames these are read otherwise than elsewhere.
_READINGS = {
    "曾": "zeng",
    "单": "shan",
    "解": "xie",
    "仇": "qiu",
    "朴": "piao",
    "查": "zha",
    "区": "ou",
    "任": "ren",
    "盖": "ge",
    "翟": "zhai",
    "缪": "miao",
    "覃": "qin",
    "乐": "yue",
    "种": "chong",
    "召": "shao",
    "华": "hua",
    "燕": "yan",
    "宁": "ning",
    "尉迟": "yuchi",
    "万俟": "moqi",
    "澹台": "tantai",
    "长孙": "zhangsun",
    "单于": "chanyu",
}


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
    if "·" in name or not _is_chinese(name[0]):
        return name if "·" in name else name.rsplit(" ", 1)[-1]
    return name[:2] if name[:2] in _TWO_CHARACTERS and len(name) > 2 else name[0]


def _spelt(surname: str) -> str:
    if not _is_chinese(surname[0]):
        return surname
    parts = (_READINGS.get(part) or "".join(lazy_pinyin(part, style=Style.NORMAL)) for part in surname.split("·"))
    return "·".join(part.capitalize() for part in parts)


def _is_chinese(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or character >= "\U00020000"
