"""Answers in which refusals stand as data, each in the language of whoever asks."""

from functools import cache
from typing import Any

from litestar import Request, Response
from msgspec import Struct

from guibin.console import forms
from guibin.console.looks import Look
from guibin.console.studio import Studio
from guibin.web.wording import in_words
from guibin_tenants.refusals import Refusal

from .problems import is_told_in_chinese

_CHINESE = Look(language="zh-CN")


class Worded(Response[Any]):
    """An answer of the API: what refusals said in it is told in Chinese to whoever asks in Chinese, as a problem is."""

    def to_asgi_response(self, app: Any, request: Request[Any, Any, Any], **options: Any) -> Any:
        """As it is sent."""
        if request.url.path.startswith("/api/") and _may_carry(self.content) and is_told_in_chinese(request):
            studio: Studio = request.app.state.studio
            self.content = in_words(self.content, lambda said: chinese(said, studio))
        return super().to_asgi_response(app, request, **options)


def chinese(said: str, studio: Studio) -> str:
    """A sentence, title or rule of a refusal, or several with semicolons between, in Chinese; what has none as it was said."""
    whole = _one(said, studio)
    if whole == said and "; " in said:
        return "；".join(_one(each, studio) for each in said.split("; "))
    return whole


def _one(said: str, studio: Studio) -> str:
    kind = _titles().get(said)
    if kind is not None and studio.words.has(f"refusal.{kind}"):
        return studio.says(f"refusal.{kind}", _CHINESE)
    if (worded := forms.rule(said, studio, _CHINESE)) != said:
        return worded
    # At a field, as `carry_out` joins them.
    field, colon, rest = said.partition(": ")
    if colon and " " not in field and (worded := forms.rule(rest, studio, _CHINESE)) != rest:
        return f"{field}：{worded}"
    return said


@cache
def _titles() -> dict[str, str]:
    """What every refusal there is says of itself, with its kind."""
    return {kind.title: kind.kind for kind in _all(Refusal)}


def _all(kind: type[Refusal]) -> list[type[Refusal]]:
    return [found for each in kind.__subclasses__() for found in (each, *_all(each))]


def _may_carry(content: Any) -> bool:
    """Lists and views that are no file and no page."""
    return isinstance(content, Struct | list | tuple | dict)
