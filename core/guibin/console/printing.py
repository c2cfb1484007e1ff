"""Pages that are printed: one file in itself, with the sheet of print and nothing else, so that it can be kept and passed on."""

import base64
import hashlib
from collections.abc import Callable
from functools import cache

from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup

from .texts import SHARED, Words, folder_of

# The page may use its own style and nothing else.
STYLE = (folder_of(SHARED) / "print.css").read_text(encoding="utf-8")
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
Say = Callable[[str], str]


@cache
def _templates(slice_name: str) -> Environment:
    folders = {name: FileSystemLoader(str(folder_of(name))) for name in (SHARED, slice_name)}
    return Environment(
        loader=PrefixLoader(folders), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


@cache
def _words() -> Words:
    return Words({SHARED: folder_of(SHARED)})


def sheet(template: str, say: Say, language: str, **values: object) -> bytes:
    """The slice's template, which extends `console/print.html`, in the reader's language."""
    colon = _words().of("colon", language)
    known = {"say": say, "language": language, "colon": colon, "style": Markup(STYLE), **values}
    return _templates(template.partition("/")[0]).get_template(template).render(known).encode()
