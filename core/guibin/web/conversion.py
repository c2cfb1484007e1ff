"""Values that do not convert: every wrong field at once, each with the rule it breaks, in words of ours and no library's.

What stands where a text belongs is never repeated: it may be a password, a telephone or a card number.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from itertools import islice
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct, inspect, structs

from guibin_tenants.refusals import FieldError

FAULTS_MAX = 100
_SHOWN_CHARS_MAX = 60
_OFFERED_MAX = 60
_MANY = (list, tuple, set, frozenset)
# Where msgspec says that a value stands.
_AT = re.compile(r" - at (?:`key` in )?`\$.*`\Z", re.DOTALL)
_OF_THE_LIST = "a value there is"


def faults(value: Any, kind: Any, *, strict: bool = True) -> tuple[FieldError, ...]:
    """What of the value its kind refuses, at most FAULTS_MAX; nothing where it takes it.

    A field is called by where it stands, such as `price.amount` or `members[2].name`; empty is the value itself. What is
    not `strict` reads texts as figures, as they come in a query or a form.
    """
    return tuple(islice(_faults(value, kind, "", strict=strict), FAULTS_MAX))


def _faults(value: Any, kind: Any, at: str, *, strict: bool) -> Iterator[FieldError]:
    try:
        msgspec.convert(value, kind, strict=strict, str_keys=True)
    except (msgspec.ValidationError, ValueError) as error:
        inside = _inside(value, kind, at, strict=strict)
        first = next(inside, None) or _fault(value, kind, at, str(error))
        yield first
        yield from inside


def _inside(value: Any, kind: Any, at: str, *, strict: bool) -> Iterator[FieldError]:
    """What is wrong in what the value is made of."""
    for option in _options(kind):
        made_of = get_args(option)
        if isinstance(value, dict) and _is_struct(option):
            yield from _in_struct(value, _chosen(value, kind), at, strict=strict)
            return
        if isinstance(value, dict) and get_origin(option) is dict:
            for key, each in value.items():
                yield from _faults(key, made_of[0], _below(at, key), strict=False)
                yield from _faults(each, made_of[1], _below(at, key), strict=strict)
        elif isinstance(value, list) and get_origin(option) in _MANY and made_of:
            for place, each in enumerate(value):
                is_fixed = get_origin(option) is tuple and made_of[-1] is not ...
                item = made_of[min(place, len(made_of) - 1)] if is_fixed else made_of[0]
                yield from _faults(each, item, f"{at}[{place}]", strict=strict)


def _in_struct(
    value: dict[str, Any], kind: type[Struct] | FieldError, at: str, *, strict: bool
) -> Iterator[FieldError]:
    if isinstance(kind, FieldError):
        yield structs.replace(kind, field=_below(at, kind.field))
        return
    hints, known = _hints(kind), {field.encode_name: field for field in structs.fields(kind)}
    for name, field in known.items():
        if name in value:
            yield from _faults(value[name], hints[field.name], _below(at, name), strict=strict)
        elif field.required:
            yield FieldError(_below(at, name), "required", "add it")
    if kind.__struct_config__.forbid_unknown_fields:
        for name in value.keys() - known.keys() - {kind.__struct_config__.tag_field}:
            near = get_close_matches(name.lower(), known, n=1)
            fix = f"did you mean {near[0]}?" if near else f"it has {', '.join(known)}"[:400]
            yield FieldError(_below(at, name), "a field that is known here", fix)


def _chosen(value: dict[str, Any], kind: Any) -> type[Struct] | FieldError:
    """Which of several structs is meant, by its tag; what is wrong where none is."""
    offered = [option for option in _options(kind) if _is_struct(option)]
    if offered[0].__struct_config__.tag is None:
        found: type[Struct] = offered[0]
        return found
    name = offered[0].__struct_config__.tag_field
    tags: dict[Any, type[Struct]] = {option.__struct_config__.tag: option for option in offered}
    tag = value.get(name)
    if isinstance(tag, str | int) and tag in tags:
        return tags[tag]
    shown = _shown(tag) if name in value else None
    return FieldError(name, _OF_THE_LIST if name in value else "required", _one_of(tags), shown)


def _fault(value: Any, kind: Any, at: str, said: str) -> FieldError:
    """What is wrong with the value itself."""
    refused = [_refused(value, each) for each in _types(kind)]
    same = [each for each in refused if each.fits]
    # Of the right kind and wrong all the same: its own rule, or what the struct itself says of its fields.
    told = same or refused
    rule = ", or ".join(dict.fromkeys(each.rule for each in told if each.rule)) or _AT.sub("", said)
    fix = next((each.fix for each in told if each.fix), "")
    may_be_secret = any(isinstance(each, inspect.StrType) for each in _types(kind))
    return FieldError(at, rule, fix, None if may_be_secret else _shown(value))


class _Refused(Struct, frozen=True):
    """What a type asks, and whether the value is of it but for that."""

    rule: str
    fix: str = ""
    fits: bool = False


def _refused(value: Any, kind: inspect.Type) -> _Refused:
    match kind:
        case inspect.LiteralType() | inspect.EnumType():
            values = kind.values if isinstance(kind, inspect.LiteralType) else [each.value for each in kind.cls]
            return _Refused(_OF_THE_LIST, _one_of(values))
        case inspect.StrType():
            return _text(value, kind) if isinstance(value, str) else _Refused("a text")
        case inspect.BoolType():
            return _Refused("true or false")
        case inspect.IntType() | inspect.FloatType():
            what = "a whole number" if isinstance(kind, inspect.IntType) else "a number"
            bounds = _between(kind.ge, kind.le)
            return _Refused(f"{what} {bounds}" if bounds else what, fits=type(value) in (int, float))
        case inspect.DateType():
            return _Refused("a day such as 2026-03-01")
        case inspect.DateTimeType():
            return _Refused("a moment with its offset, such as 2026-03-01T08:00:00+08:00")
        case inspect.TimeType():
            return _Refused("a time of day such as 08:30:00")
        case inspect.UUIDType():
            return _Refused("an id", "as the answer to a list gives it")
        case inspect.BytesType():
            return _Refused("a file in base64")
        case inspect.StructType():
            return _Refused("" if isinstance(value, dict) else "an object", fits=isinstance(value, dict))
        case inspect.DictType():
            return _several("an object", "entries", kind, fits=isinstance(value, dict))
        case inspect.ListType() | inspect.VarTupleType() | inspect.SetType() | inspect.FrozenSetType():
            return _several("a list", "items", kind, fits=isinstance(value, list))
        case inspect.TupleType():
            return _Refused(f"a list of {len(kind.item_types)} items", fits=isinstance(value, list))
    return _Refused("")


def _text(value: str, kind: inspect.StrType) -> _Refused:
    least, most = kind.min_length or 0, kind.max_length
    if len(value) < least or (most is not None and len(value) > most):
        bounds = f"{least} to {most}" if least and most else f"at most {most}" if most else f"at least {least}"
        return _Refused(f"{bounds} characters", "shorten it" if len(value) > least else "write more", fits=True)
    if "\0" in value:
        return _Refused("no character NUL", "take it out", fits=True)
    if not value.replace("\ufeff", "").strip():
        return _Refused("not only spaces", "say something", fits=True)
    if not value.isprintable():
        return _Refused("one line without signs that cannot be seen", "take them out", fits=True)
    return _Refused("written as it is asked", f"by the pattern {kind.pattern}" if kind.pattern else "", fits=True)


def _several(what: str, of: str, kind: Any, *, fits: bool) -> _Refused:
    least, most = kind.min_length or 0, kind.max_length
    if not least and most is None:
        return _Refused(what, fits=fits)
    bounds = f"{least} to {most}" if least and most else f"at most {most}" if most is not None else f"at least {least}"
    return _Refused(f"{what} of {bounds} {of}", fits=fits)


def _between(least: float | None, most: float | None) -> str:
    if least is not None and most is not None:
        return f"from {least} to {most}"
    return f"of at least {least}" if least is not None else f"of at most {most}" if most is not None else ""


def _one_of(values: Any) -> str:
    known = dict.fromkeys(str(value) for value in values)
    return f"one of: {', '.join(known)}" if known.keys() != {""} and len(known) <= _OFFERED_MAX else ""


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value, enc_hook=str).decode()
    return text if len(text) <= _SHOWN_CHARS_MAX else f"{text[:_SHOWN_CHARS_MAX]}…"


def _below(at: str, name: object) -> str:
    return f"{at}.{str(name)[:_SHOWN_CHARS_MAX]}" if at else str(name)[:_SHOWN_CHARS_MAX]


def _is_struct(option: Any) -> bool:
    return isinstance(option, type) and issubclass(option, Struct)


def _options(kind: Any) -> list[Any]:
    """The kinds that a value may be of, without None and without what is only said of them."""
    if get_origin(kind) is Annotated:
        return _options(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return [each for option in get_args(kind) if option is not NoneType for each in _options(option)]
    return [kind]


def _types(kind: Any) -> list[inspect.Type]:
    """As `_options`, with the bounds of each."""
    return list(_plain(inspect.type_info(kind)))


def _plain(kind: inspect.Type) -> Iterator[inspect.Type]:
    if isinstance(kind, inspect.Metadata):
        yield from _plain(kind.type)
    elif isinstance(kind, inspect.UnionType):
        for each in kind.types:
            yield from _plain(each)
    elif not isinstance(kind, inspect.NoneType):
        yield kind


@cache
def _hints(kind: type[Struct]) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)
