"""How a reader wants pages: language, dark or light, density. Kept in cookies, so that the first byte is right."""

from typing import Any, Literal

from litestar import Request
from litestar.datastructures import Cookie
from msgspec import Struct

THEME, DENSITY, LANGUAGE = "guibin_theme", "guibin_density", "guibin_language"
CHOICES: dict[str, tuple[str, ...]] = {
    THEME: ("light", "dark"),
    DENSITY: ("normal", "compact"),
    LANGUAGE: ("zh-CN", "en"),
}
_YEAR_S = 365 * 24 * 3600


class Look(Struct, frozen=True):
    """What the cookies say; `theme` is empty for whatever the reader's machine prefers."""

    language: Literal["zh-CN", "en"]
    theme: str = ""
    density: str = "normal"


def look_of(request: Request[Any, Any, Any], language: str) -> Look:
    """From the cookies; `language` is what is spoken without one."""
    spoken = _chosen(request, LANGUAGE) or language
    return Look(
        language="en" if spoken == "en" else "zh-CN",
        theme=_chosen(request, THEME),
        density=_chosen(request, DENSITY) or "normal",
    )


def cookie(name: str, value: str, *, secure: bool) -> Cookie:
    """The choice, kept for a year. Raises KeyError, ValueError for what is no choice."""
    if value not in CHOICES[name]:
        raise ValueError(value)
    return Cookie(key=name, value=value, path="/", max_age=_YEAR_S, httponly=True, samesite="lax", secure=secure)


def _chosen(request: Request[Any, Any, Any], name: str) -> str:
    value = request.cookies.get(name, "")
    return value if value in CHOICES[name] else ""
