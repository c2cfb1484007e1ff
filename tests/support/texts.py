"""Every text that a type takes, and how to send one: for tests of what may stand in texts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_type_hints

import msgspec.inspect as inspect
from litestar.handlers import HTTPRouteHandler

from guibin.app.routes import CONTROLLERS


@dataclass(frozen=True)
class Text:
    """A text within a value: whose it is, what stands around it, and its type."""

    owner: str
    place: tuple[Any, ...]
    type: inspect.StrType
    beside: tuple[inspect.Type, ...] = ()

    def given(self, text: str) -> Any:
        """A value with nothing in it but this text."""
        value: Any = text
        for step in reversed(self.place):
            value = step(value)
        return value


def texts_of(kind: Any) -> list[Text]:
    """Every text in a value of this type, once for each field of a struct."""
    seen: set[str] = set()
    return [
        text
        for text in _within(inspect.type_info(kind), str(kind), (), ())
        if text.owner not in seen and not seen.add(text.owner)  # type: ignore[func-returns-value]
    ]


def _within(
    kind: inspect.Type,
    owner: str,
    place: tuple[Any, ...],
    around: tuple[type, ...],
    beside: tuple[inspect.Type, ...] = (),
) -> Iterator[Text]:
    match kind:
        case inspect.Metadata():
            yield from _within(kind.type, owner, place, around, beside)
        case inspect.StrType():
            yield Text(owner, place, kind, beside)
        case inspect.UnionType():
            for one in kind.types:
                others = tuple(other for other in kind.types if other is not one)
                yield from _within(one, owner, place, around, others)
        case inspect.StructType() if kind.cls not in around:
            for field in kind.fields:
                step = _field(field.encode_name, {kind.tag_field: kind.tag} if kind.tag_field else {})
                name = f"{kind.cls.__module__}.{kind.cls.__name__}.{field.name}"
                yield from _within(field.type, name, (*place, step), (*around, kind.cls))
        case inspect.ListType() | inspect.VarTupleType() | inspect.SetType() | inspect.FrozenSetType():
            yield from _within(kind.item_type, f"{owner}[]", (*place, lambda value: [value]), around)
        case inspect.TupleType():
            yield from _within(kind.item_types[0], f"{owner}[]", (*place, lambda value: [value]), around)
        case inspect.DictType():
            yield from _within(kind.key_type, f"{owner} key", (*place, lambda value: {value: None}), around)
            yield from _within(kind.value_type, f"{owner} value", (*place, lambda value: {"x": value}), around)


def _field(name: str, tag: dict[str, Any]) -> Any:
    return lambda value: {**tag, name: value}


def bodies(packs: Any) -> dict[tuple[str, str], Any]:
    """Method and path → the type of what is sent there, of every operation that the document describes."""
    found: dict[tuple[str, str], Any] = {}
    for controller in (*CONTROLLERS, *packs.hooks_of(packs.names).controllers()):
        for handler in vars(controller).values():
            if isinstance(handler, HTTPRouteHandler) and getattr(controller, "include_in_schema", True) is not False:
                kind = get_type_hints(handler.fn, include_extras=True).get("data")
                if kind is not None:
                    path = "/".join(
                        part for own in (controller.path, *handler.paths) for part in own.split("/") if part
                    )
                    found[sorted(handler.http_methods)[0], f"/{path}"] = kind
    return found
