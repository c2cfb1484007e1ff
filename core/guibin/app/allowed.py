"""Which values there are where a value was refused for being none of them."""

from functools import lru_cache
from typing import Any

import msgspec.inspect as inspect

_SHOWN_MAX = 60


def allowed(annotation: Any, path: str) -> tuple[str, ...]:
    """What may stand at `path` of a value of this type, such as `changes.sex`; empty where that is no short list."""
    try:
        found = [_type(annotation)]
    except TypeError:
        return ()
    for part in path.replace("[", ".[").split("."):
        found = [below for one in found for below in _below(one, part)] if part else found
    values = dict.fromkeys(str(value) for one in found for value in _values(one))
    return tuple(values) if len(values) <= _SHOWN_MAX else ()


# A company's policy is a type of hundreds of structs.
@lru_cache(maxsize=200)
def _type(annotation: Any) -> inspect.Type:
    return inspect.type_info(annotation)


def _below(above: inspect.Type, part: str) -> list[inspect.Type]:
    """The types that can stand there: several, where one of several structs is meant."""
    match above:
        case inspect.UnionType():
            return [below for one in above.types for below in _below(one, part)]
        case inspect.Metadata():
            return _below(above.type, part)
        case inspect.StructType():
            if part == above.tag_field and above.tag is not None:
                return [inspect.LiteralType((above.tag,))]
            return [field.type for field in above.fields if field.encode_name == part]
        case inspect.ListType() | inspect.VarTupleType() | inspect.SetType() | inspect.FrozenSetType():
            return [above.item_type]
        case inspect.TupleType():
            place = part.strip("[]")
            return [above.item_types[int(place)]] if place.isdigit() else list(above.item_types)
        case inspect.DictType():
            return [above.value_type]
    return []


def _values(at: inspect.Type) -> tuple[Any, ...]:
    match at:
        case inspect.UnionType():
            return tuple(value for one in at.types for value in _values(one))
        case inspect.Metadata():
            return _values(at.type)
        case inspect.LiteralType():
            return tuple(at.values)
        case inspect.EnumType():
            return tuple(member.value for member in at.cls)
    return ()
