"""A bundle as a value, and as TOML that people can review: one line for each figure, only what is otherwise than by default."""

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any, Literal

import msgspec
from msgspec import NODEFAULT, Struct, field
from msgspec.structs import replace

from guibin.policy.packs import Overrides
from guibin.scripts.requests import NewScriptCase
from guibin.web import conversion
from guibin_tenants.refusals import Invalid

_BARE = re.compile(r"[A-Za-z0-9_-]+")
# What a literal text of several lines cannot hold.
_NOT_LITERAL = re.compile(r"'''|[\x00-\x08\x0b-\x1f\x7f]|'\Z")
_HEAD = "# A company's own rules: policy with automations, forms and texts, and scripts. Taken in with `guibin bundle import`.\n"


class BundledScript(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A script's version in use, the latest where none is, with its test cases."""

    name: str
    hook: str
    follows: str = ""
    source: str
    cases: tuple[NewScriptCase, ...] = ()


class Bundle(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A company's own policy, whole, and its scripts. Nothing in it says whose it is, or what is switched on."""

    format: Literal[1] = 1
    policy: Overrides = field(default_factory=Overrides)
    scripts: tuple[BundledScript, ...] = ()


def written(bundle: Bundle) -> str:
    """As TOML, the same for the same bundle."""
    return _HEAD + "\n".join(_lines(bundle)) + "\n"


def read(text: str) -> Bundle:
    """Raises Invalid for what is no TOML, and where something stands that there is not."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid.at("toml", "a text in TOML", value=str(error)) from None
    wrong = tuple(replace(each, field=f"toml.{each.field}") for each in conversion.faults(given, Bundle))
    if wrong:
        raise Invalid("The bundle cannot be read", fields=wrong)
    return msgspec.convert(given, Bundle, str_keys=True)


def _lines(bundle: Bundle) -> Iterator[str]:
    yield f"format = {bundle.format}"
    policy = _plain(bundle.policy)
    whole = {name: said for name, said in policy.items() if not _is_tabled(said)}
    if whole:
        yield "\n[policy]"
        yield from _pairs(whole)
    for name, said in policy.items():
        if isinstance(said, dict):
            yield f"\n[policy.{_key(name)}]"
            yield from _pairs(said)
        elif _is_tabled(said):
            for element in said:
                yield f"\n[[policy.{_key(name)}]]"
                yield from _pairs(element)
    for script in bundle.scripts:
        said = _plain(script)
        cases = said.pop("cases", [])
        yield "\n[[scripts]]"
        yield from _pairs(said)
        for case in cases:
            yield "\n[[scripts.cases]]"
            yield from _pairs(case)


def _is_tabled(said: Any) -> bool:
    return isinstance(said, dict) or (
        isinstance(said, list) and bool(said) and all(isinstance(one, dict) and one for one in said)
    )


def _pairs(table: dict[str, Any]) -> Iterator[str]:
    for name, said in table.items():
        yield f"{_key(name)} = {_long(said)}"


def _long(said: Any) -> str:
    """A text of several lines as such."""
    if isinstance(said, str) and "\n" in said and not _NOT_LITERAL.search(said):
        return f"'''\n{said}'''"
    return _inline(said)


def _inline(said: Any) -> str:
    if isinstance(said, str):
        return json.dumps(said, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(said, bool):
        return "true" if said else "false"
    if isinstance(said, dict):
        return "{ " + ", ".join(f"{_key(name)} = {_inline(one)}" for name, one in said.items()) + " }"
    if isinstance(said, list):
        return "[" + ", ".join(map(_inline, said)) + "]"
    return repr(said)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _plain(value: Any) -> Any:
    """As TOML has it: structs without what they say by default. Raises TypeError for nothing where something must stand."""
    if isinstance(value, Struct):
        tag = value.__struct_config__.tag
        told = {str(value.__struct_config__.tag_field): tag} if tag is not None else {}
        for each in msgspec.structs.fields(value):
            said = getattr(value, each.name)
            default = each.default_factory() if each.default_factory is not NODEFAULT else each.default
            if said != default:
                told[each.encode_name] = _plain(said)
        return told
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if value is None:
        raise TypeError("TOML has no nothing")
    return value if isinstance(value, (str, bool, int, float)) else msgspec.to_builtins(value)
