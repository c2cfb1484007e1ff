"""Moments in the OpenAPI document: each says that it is one, so that a client made of the document has moments and not texts.

What makes the schemas says so of a moment only where its type demands an offset; here every moment has one, wherever it stands.
"""

from collections.abc import Collection, Iterator
from typing import Any

import msgspec
from msgspec import inspect

MOMENT = {"format": "date-time"}


def structs_in(kinds: Collection[Any]) -> dict[Any, inspect.StructType]:
    """Every struct that is in one of the types, by its class."""
    found: dict[Any, inspect.StructType] = {}
    waiting = list(inspect.multi_type_info(kinds))
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, inspect.StructType):
            if kind.cls in found:
                continue
            found[kind.cls] = kind
        waiting.extend(_within(kind))
    return found


def mark_moments(schema: dict[str, Any], kind: inspect.Type) -> None:
    """Say `format: date-time` in the schema of the type wherever a moment stands, within lists, mappings and structs as well; a struct
    that is only referred to is marked by its own schema."""
    match kind:
        case inspect.Metadata():
            mark_moments(schema, kind.type)
        case inspect.DateTimeType():
            schema |= MOMENT
        case inspect.UnionType():
            for option, one in _options(schema, kind):
                mark_moments(option, one)
        case inspect.StructType():
            for field in kind.fields:
                mark_moments(schema.get("properties", {}).get(field.encode_name, {}), field.type)
        case inspect.DictType():
            mark_moments(schema.get("additionalProperties", {}), kind.value_type)
        case inspect.ListType() | inspect.VarTupleType():
            mark_moments(schema.get("items", {}), kind.item_type)
        case inspect.TupleType():
            for option, one in zip(schema.get("prefixItems", ()), kind.item_types, strict=False):
                mark_moments(option, one)


def _options(schema: dict[str, Any], union: inspect.UnionType) -> Iterator[tuple[dict[str, Any], inspect.Type]]:
    """The schema of each kind that may hold a moment: of texts, numbers, mappings and the like there is one of each at most."""
    options = [each for each in schema.get("anyOf", [schema]) if "$ref" not in each]
    for one in union.types:
        said = {inspect.DateTimeType: "string", inspect.DictType: "object", inspect.StructType: ""}.get(
            type(one), "array"
        )
        yield from ((each, one) for each in options if each.get("type") == said and "format" not in each)


def _within(kind: Any) -> Iterator[Any]:
    if not isinstance(kind, msgspec.Struct):
        return
    for name in kind.__struct_fields__:
        value = getattr(kind, name)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, inspect.Type):
                yield one
            elif isinstance(one, inspect.Field):
                yield one.type
