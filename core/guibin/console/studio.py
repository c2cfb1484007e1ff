"""Where pages are made: every slice's templates and texts together, each output escaped by the engine."""

import re
from collections.abc import Iterable, Mapping
from importlib.abc import Traversable
from typing import Any
from uuid import uuid4

from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from . import assets
from .looks import Look
from .navigation import Entry
from .texts import SHARED, Words, folder_of

_JOB = re.compile(r"job [a-z][a-z_.]*")
# A middle dot that is as wide in every font.
SEPARATOR = Markup('<i class="sep"></i>')


class Studio:
    """Templates are named `<slice>/<file>`; texts `<slice>.<key>`; packs are like slices, `added` says where theirs are.
    Fails at the start for a missing asset."""

    def __init__(
        self, slices: Iterable[str], entries: Iterable[Entry], added: Mapping[str, Traversable] | None = None
    ) -> None:
        folders = {**{name: folder_of(name) for name in (SHARED, *slices)}, **(added or {})}
        self.words = Words(folders)
        self.entries = tuple(entries)
        loader = PrefixLoader({name: FileSystemLoader(str(folder)) for name, folder in folders.items()})
        self.environment = Environment(
            loader=loader,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_finished,
        )
        self.environment.globals |= {
            "icon": icon,
            "asset": assets.address,
            "sep": SEPARATOR,
            "t": _text,
            "sends": sends,
        }
        self.environment.filters |= {
            "said": _finished,
            "joined": _joined,
            "post": _post,
            "word": _word,
            "titled": _titled,
        }
        assets.manifest()

    def render(self, template: str, look: Look, values: Mapping[str, Any]) -> str:
        """The template with these values, in the reader's language."""
        known = {"look": look, "words": self.words}
        return self.environment.get_template(template).render(known | dict(values))

    def has(self, template: str) -> bool:
        """Whether there is such a template."""
        return template in self.environment.list_templates(extensions=["html"])

    def says(self, key: str, look: Look, **values: object) -> str:
        """One text in the reader's language."""
        return self.words.of(key, look.language, **values)


def icon(name: str, large: bool = False) -> Markup:
    """The icon as an image that says nothing by itself."""
    size = " ico-20" if large else ""
    return Markup(
        '<svg class="ico{}" fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><use href="{}"/></svg>'
    ).format(size, assets.icon_address(name))


def sends(address: str) -> Markup:
    """What makes a form send itself there, and act once however often it is sent: the key is made with the form."""
    return Markup('hx-post="{}" hx-headers:append=\'{{"idempotency-key": "{}"}}\'').format(address, uuid4())


@pass_context
def _finished(context: Context, value: object) -> object:
    """What stands in a page of a value: by a job's name, which is the program's own, that the system did it."""
    if isinstance(value, str) and _JOB.fullmatch(value) and "words" in context:
        return _text(context, "system")
    return value


@pass_context
def _joined(context: Context, values: Iterable[object], parted_by: str = "comma") -> str:
    """One after another, parted as the reader's language parts them: by its `comma` for lists, or its `semicolon`."""
    return _text(context, parted_by).join(str(each) for each in values)


@pass_context
def _post(context: Context, role: str) -> str:
    return str(context["post"](role))


@pass_context
def _word(context: Context, name: str, group: str) -> str:
    """What the pages call it, as `{{ one.kinds | map('word', 'desks.kind') | joined }}`."""
    return _text(context, f"{group}.{name}")


@pass_context
def _titled(context: Context, name: str, group: str) -> str:
    """What the company's policy calls it, as `{{ one.tiers | map('titled', 'tier') | joined }}`."""
    return str(context["named"](f"{group}.{name}"))


@pass_context
def _text(context: Context, key: str, **values: object) -> str:
    words: Words = context["words"]
    look: Look = context["look"]
    return words.of(key, look.language, **values)
