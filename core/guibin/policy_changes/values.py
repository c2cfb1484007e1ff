"""An element of the policy as a sheet that is filled in: made from its struct, field by field, list by list."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

import msgspec
from msgspec import Struct, inspect, structs

from guibin.console.forms import Choice
from guibin.console.shell import Shell
from guibin.policy.criteria import VALUE_SCORE
from guibin.policy.deadlines import AtOnce
from guibin.policy.sentences import is_currency
from guibin.policy.settings import Setting
from guibin.policy.tiers import TierScheme

from .additions import title_keys
from .choices import offered, title_of
from .places import Element, plain_of
from .wording import choice_title, field_hint, field_title

# What is written beside a value, and what an element is found by.
_UNSHOWN = frozenset({"name", "clause", "type", "person"})
_CENTS = 100
# How many rows a list has on the page, and which of them is to go.
COUNT, GONE = "#", "~"
ROWS_MAX = 60
Given = Mapping[str, Sequence[str]]


class Cell(Struct, frozen=True, kw_only=True):
    """One value as the page asks for it: `kind` is text, area, number, check, choice, choices, lines, kind (of a condition) or limit
    (a number and its `unit` out of `choices`); `was` what the packs say where that is something else."""

    path: str
    kind: str
    label: str
    value: str = ""
    values: tuple[str, ...] = ()
    unit: str = ""
    choices: tuple[Choice, ...] = ()
    was: str = ""
    changed: bool = False
    clause: str = ""
    hint: str = ""
    error: str = ""

    @property
    def sent_as(self) -> str:
        """Under which name its value is sent: one called `form` would stand in the way of the page's own form."""
        return f".{self.path}" if self.path == "form" else self.path


class Box(Struct, frozen=True, kw_only=True):
    """What belongs together: cells and boxes within. A list has `rows`, each a box; `count` of them stand on the page."""

    path: str
    label: str
    cells: tuple["Cell | Box", ...] = ()
    rows: tuple["Box", ...] | None = None
    clause: str = ""
    error: str = ""

    @property
    def is_table(self) -> bool:
        """Whether its rows are of the same plain cells, few enough to stand side by side."""
        rows = self.rows or ()
        shape = [[cell.label for cell in row.cells] for row in rows]
        plain = all(isinstance(cell, Cell) and cell.kind in _NARROW for row in rows for cell in row.cells)
        return bool(rows) and plain and len(shape[0]) <= _COLUMNS_MAX and all(each == shape[0] for each in shape)


_NARROW = ("text", "number", "check", "choice", "limit")
_COLUMNS_MAX = 4


class Sheet(Struct, frozen=True, kw_only=True):
    """One element as it is filled in: what it `says` beside what the packs say, in the words of a page."""

    element: Element
    says: Any
    packs: Any
    shell: Shell
    errors: Mapping[str, str] = {}
    given: Given = {}

    def cells(self) -> tuple[Cell | Box, ...]:
        """Everything there is to fill in."""
        kind = inspect.type_info(type(self.element.value))
        return (*self._names(""), *self._inside(kind, self.says, self.packs, ""))

    def _names(self, path: str) -> Iterator[Cell]:
        """What the element, or a new row of it, is called; of a row also under which name it is kept."""
        if path:
            yield Cell(path=f"{path}name", kind="text", label=self._label("kept_as"), value=self._typed(f"{path}name"))
        known = self.shell.act.policy.texts
        keys = [] if path or not self.element.name else title_keys(self.element.value, self.element.name)
        if path or keys:
            text = known.get(keys[0]) if keys else None
            for language in ("zh", "en"):
                value = self._typed(f"{path}@{language}") or (getattr(text, language) if text else "")
                yield Cell(path=f"{path}@{language}", kind="text", label=self._label(f"called_{language}"), value=value)

    def _typed(self, path: str) -> str:
        return "".join(self.given.get(path, ())[:1])

    def _inside(self, kind: Any, says: Any, packs: Any, path: str) -> Iterator[Cell | Box]:
        clause = says.get("clause", "")
        for field in kind.fields:
            name = field.encode_name
            if name in _UNSHOWN or name not in says:
                continue
            other = packs.get(name) if isinstance(packs, dict) else None
            made = self._made(field.type, says[name], other, f"{path}{name}")
            if made is not None:
                if isinstance(made, Cell) and isinstance(packs, dict) and name in packs:
                    made = self._beside(made, field.type, other)
                if isinstance(made, Cell) and (hint := field_hint(name)):
                    made = structs.replace(made, hint=hint.in_language(self.shell.language))
                yield structs.replace(made, clause=made.clause or clause)

    def _made(self, kind: Any, says: Any, packs: Any, path: str) -> Cell | Box | None:
        label = self._label(path)
        options = [each for each in plain_types(kind) if isinstance(each, inspect.StructType)]
        if len(options) > 1 and not _is_limit(options[0]):
            return self._condition(options, says, packs, (path, label), optional=_is_optional(kind))
        if options and isinstance(says, dict):
            chosen = _chosen(options, says)
            if _is_limit(chosen):
                return self._limit(path, label, says, optional=_is_optional(kind))
            return Box(
                path=path,
                label=label,
                cells=tuple(self._inside(chosen, says, packs, f"{path}.")),
                error=self._error(path),
            )
        if options and _is_limit(options[0]):
            return self._limit(path, label, None, optional=True)
        listed = _listed(kind)
        if listed is not None:
            return self._list(listed, says or [], packs, path)
        return None if options or isinstance(says, dict) else self._plain(kind, says, path, label)

    def _condition(self, options: list[Any], says: Any, packs: Any, where: tuple[str, str], *, optional: bool) -> Box:
        """A condition, whose kind is chosen: what belongs to the kind stands below it."""
        path, label = where
        tag = says["type"] if isinstance(says, dict) else ""
        kinds = [Choice(tag, choice_title(tag).in_language(self.shell.language)) for tag in map(_tag, options)]
        none = [Choice("", self.shell.says("policy_changes.own.no_condition"))] if optional else []
        kind = Cell(path=path, kind="kind", label=self._label("kind_of_condition"), value=tag, choices=(*none, *kinds))
        inside: tuple[Cell | Box, ...] = ()
        if isinstance(says, dict):
            other = packs if isinstance(packs, dict) and packs.get("type") == tag else None
            inside = tuple(self._inside(_chosen(options, says), says, other, f"{path}."))
            titled = title_of("metric", str(says.get("metric", "")), self.shell) if says.get("metric") else ""
            called = choice_title(tag).in_language(self.shell.language)
            label = f"{titled} · {called}" if titled else label if optional else called
        return Box(path=path, label=label, cells=(kind, *inside), error=self._error(path))

    def _list(self, item: Any, says: list[Any], packs: Any, path: str) -> Cell | Box | None:
        label = self._label(path)
        options = [each for each in plain_types(item) if isinstance(each, inspect.StructType)]
        if options:
            rows = tuple(self._row(options, one, packs, f"{path}.{place}") for place, one in enumerate(says))
            return Box(path=path, label=label, rows=rows, error=self._error(path))
        if any(isinstance(one, dict | list) for one in says):
            return None
        values = tuple(str(one) for one in says)
        choices = offered(_last(path), self.shell, _literals(item), values)
        kind = "choices" if choices else "lines"
        return Cell(path=path, kind=kind, label=label, values=values, choices=choices, error=self._error(path))

    def _row(self, options: list[Any], says: Any, packs: Any, path: str) -> Box:
        place = int(path.rpartition(".")[2])
        chosen = _chosen(options, says)
        beside = _beside(says, packs, place)
        name = str(says.get("name", ""))
        label = title_of(getattr(chosen.cls, "titled", ""), name, self.shell) if name else ""
        if len(options) > 1:
            made = self._made(_union(options), says, beside, path)
            label, cells = (made.label, made.cells) if isinstance(made, Box) else ("", ())
        else:
            held = _at(plain_of(self.element.value), path.rpartition(".")[0])
            new = "name" in says and place >= len(held or ())
            cells = (*(self._names(f"{path}.") if new else ()), *self._inside(chosen, says, beside, f"{path}."))
        return Box(
            path=path,
            label=label or self.shell.says("policy_changes.own.row", number=place + 1),
            cells=cells,
            clause=says.get("clause", ""),
            error=self._error(path),
        )

    def _limit(self, path: str, label: str, says: Any, *, optional: bool) -> Cell:
        choices = [Choice("", self.shell.says("policy_changes.own.none"))] if optional else []
        for tag in ("at_once", "hours", "days", "business_hours", "business_days"):
            choices.append(Choice(tag, choice_title(f"in_{tag}").in_language(self.shell.language)))
        count = str(says.get("count", says.get("minutes", ""))) if says else ""
        return Cell(
            path=path,
            kind="limit",
            label=label,
            value=count,
            unit=says["type"] if says else "",
            choices=tuple(choices),
            error=self._error(path),
        )

    def _plain(self, kind: Any, says: Any, path: str, label: str) -> Cell:
        types = list(plain_types(kind))
        text = "" if says is None else str(says).lower() if isinstance(says, bool) else str(says)
        cell = Cell(path=path, kind="text", label=label, value=text, error=self._error(path))
        if all(isinstance(each, inspect.BoolType) for each in types):
            if not _is_optional(kind):
                return structs.replace(cell, kind="check", value="true" if says else "")
            answers = [Choice(value, self.shell.says(key)) for value, key in (("true", "yes"), ("false", "no"))]
            nothing = Choice("", self.shell.says("policy_changes.own.none"))
            return structs.replace(cell, kind="choice", choices=(nothing, *answers))
        choices = self._offered(path, _literals(kind), text)
        if choices:
            empty = (
                []
                if says and not _is_optional(kind) and _literals(kind)
                else [Choice("", self.shell.says("policy_changes.own.none"))]
            )
            return structs.replace(cell, kind="choice", choices=(*empty, *(one for one in choices if one.value)))
        unit = self._unit(path)
        if isinstance(says, int) and unit and is_currency(unit):
            return structs.replace(
                cell,
                kind="number",
                value=in_whole(says),
                unit=self.shell.named(f"unit.{unit}") if unit != "CNY" else self.shell.says("policy_changes.own.yuan"),
            )
        if isinstance(says, int) or all(isinstance(each, inspect.IntType) for each in types):
            return structs.replace(cell, kind="number", unit=self._named_unit(unit))
        if len(text) > 60 or _last(path) in ("zh", "en"):
            return structs.replace(cell, kind="area")
        return cell

    def _offered(self, path: str, literals: tuple[str, ...], text: str) -> tuple[Choice, ...]:
        """What may stand there; of figures those of the standard itself."""
        found = offered(_last(path), self.shell, literals, (text,) if text else ())
        if _last(path) != "metric" or not isinstance(self.element.value, TierScheme):
            return found
        known = {one["name"] for one in self.says["metrics"]} | ({VALUE_SCORE} if self.says["value_score"] else set())
        return tuple(one for one in found if one.value in known | {text})

    def _beside(self, cell: Cell, kind: Any, packs: Any) -> Cell:
        other = self._made(kind, packs, None, cell.path)
        if not isinstance(other, Cell) or (other.value, other.values, other.unit) == (
            cell.value,
            cell.values,
            cell.unit,
        ):
            return cell
        return structs.replace(cell, was=told(other, self.shell), changed=True)

    def _label(self, path: str) -> str:
        return field_title(_last(path)).in_language(self.shell.language)

    def _error(self, path: str) -> str:
        return self.errors.get(path, "")

    def _unit(self, path: str) -> str:
        return unit_at(self.element, self.says, path)

    def _named_unit(self, unit: str) -> str:
        key = f"unit.{unit}"
        named = self.shell.named(key)
        return "" if not unit or named == key else named


def told(cell: Cell, shell: Shell) -> str:
    """What a cell says, in words."""
    none = shell.says("policy_changes.own.none")
    names = {choice.value: choice.text for choice in cell.choices}
    if cell.kind == "check":
        return shell.says("yes" if cell.value else "no")
    if cell.kind == "limit":
        return f"{cell.value} {names.get(cell.unit, '')}".strip() if cell.unit else none
    if cell.kind in ("choices", "lines"):
        return shell.joined(names.get(value, value) for value in cell.values) or none
    return f"{names.get(cell.value, cell.value)} {cell.unit}".strip() or none


def read(element: Element, given: Given) -> Any:
    """The element as the sheet says it, plain; what the sheet does not ask stays as it is. What is no number stays a text."""
    kind = inspect.type_info(type(element.value))
    base = plain_of(element.value)
    return _Reading(element, base, given).struct(kind, base, "")


class _Reading(Struct, frozen=True):
    element: Element
    whole: Any
    given: Given

    def struct(self, kind: Any, base: dict[str, Any], path: str) -> dict[str, Any]:
        made = dict(base)
        for field in kind.fields:
            name = field.encode_name
            if name in base and (name not in _UNSHOWN or self._first(f"{path}{name}") is not None):
                made[name] = self.value(field.type, base[name], f"{path}{name}")
        return made

    def value(self, kind: Any, base: Any, path: str) -> Any:
        options = [each for each in plain_types(kind) if isinstance(each, inspect.StructType)]
        if len(options) > 1 and not _is_limit(options[0]):
            return self._condition(options, base, path)
        if options and (isinstance(base, dict) or _is_limit(options[0])):
            if _is_limit(options[0]):
                return self._limit(base, path)
            return self.struct(_chosen(options, base), base, f"{path}.")
        listed = _listed(kind)
        if listed is not None:
            return self._list(listed, base or [], path)
        if options or isinstance(base, dict):
            return base
        return self._plain(kind, base, path)

    def _condition(self, options: list[Any], base: Any, path: str) -> Any:
        """As it was shown, filled in, then as the kind that was asked for."""
        shown, asked = self._first(f"{path}.@was"), self._first(f"{path}.type")
        tags = {_tag(each) for each in options}
        if shown is None or asked is None or not {shown, asked} <= tags | {""}:
            return base
        metric = next((one["name"] for one in self.whole.get("metrics", ())), "")
        read = None
        if shown:
            as_shown = as_kind(base, shown, options, metric)
            read = self.struct(_chosen(options, as_shown), as_shown, f"{path}.")
        return as_kind(read, asked, options, metric) if asked else None

    def _limit(self, base: Any, path: str) -> Any:
        tag, count = self._first(f"{path}.type"), self._first(f"{path}.count")
        if tag is None:
            return base
        if not tag:
            return None
        return {"type": tag, "minutes" if tag == AtOnce.__struct_config__.tag else "count": _figure(count or "")}

    def _list(self, item: Any, base: list[Any], path: str) -> Any:
        options = [each for each in plain_types(item) if isinstance(each, inspect.StructType)]
        if not options:
            if path not in self.given:
                return base
            lines = [line.strip() for text in self.given[path] for line in text.splitlines()]
            figures = any(isinstance(each, inspect.IntType) for each in plain_types(item))
            return [_figure(line) if figures else line for line in lines if line]
        rows = self._first(f"{path}.{COUNT}")
        count = min(int(rows), ROWS_MAX) if rows and rows.isdecimal() else len(base)
        found = []
        for place in range(count):
            held = base[place] if place < len(base) else self._row(options, base)
            if self._first(f"{path}.{place}.{GONE}") is None:
                found.append(self._filled(options, held, f"{path}.{place}"))
        return found

    def _row(self, options: list[Any], base: list[Any]) -> Any:
        """A new row: as the last one, under no name yet; of conditions the plainest."""
        if len(options) > 1:
            return as_kind(
                None, _tag(options[0]), options, next((m["name"] for m in self.whole.get("metrics", ())), "")
            )
        made = deepcopy(base[-1]) if base else blank(options[0])
        if "name" not in made:
            return made
        # What has names of its own within would bear those of another.
        return {key: [] if _has_names(one) else one for key, one in made.items()} | {"name": ""}

    def _filled(self, options: list[Any], held: Any, path: str) -> Any:
        if len(options) > 1:
            return self._condition(options, held, path)
        return self.struct(_chosen(options, held), held, f"{path}.")

    def _plain(self, kind: Any, base: Any, path: str) -> Any:
        types = list(plain_types(kind))
        if all(isinstance(each, inspect.BoolType) for each in types) and not _is_optional(kind):
            return self._first(path) == "true" if f"{path}.{COUNT}" in self.given else base
        text = self._first(path)
        if text is None:
            return base
        if not text:
            return None if _is_optional(kind) else "" if any(isinstance(e, inspect.StrType) for e in types) else text
        if text in ("true", "false") and any(isinstance(each, inspect.BoolType) for each in types):
            return text == "true"
        if not any(isinstance(each, inspect.IntType) for each in types):
            return text
        unit = unit_at(self.element, self.whole, path, self._first(f"{path.rpartition('.')[0]}.metric"))
        if isinstance(base, str) and text == base:
            return text
        return in_cents(text) if unit and is_currency(unit) else _figure(text)

    def _first(self, path: str) -> str | None:
        values = self.given.get(path) or self.given.get(f".{path}")
        return values[0].strip() if values else None


def as_kind(condition: Any, tag: str, options: Sequence[Any], metric: str) -> dict[str, Any]:
    """The condition as one of another kind: a group takes a single one in, a single one what it has in common.

    `metric` is what a new one looks at.
    """
    if isinstance(condition, dict) and condition["type"] == tag:
        return condition
    kind = next(each for each in options if _tag(each) == tag)
    fresh = blank(kind)
    if "metric" in fresh:
        fresh["metric"] = metric
    if condition is None:
        return fresh
    if "criteria" in fresh:
        return fresh | {"criteria": condition.get("criteria", [condition])}
    if "criteria" in condition:
        first = next((one for one in condition["criteria"] if "criteria" not in one), None)
        return as_kind(first, tag, options, metric)
    if "low" in fresh:
        return fresh | {"metric": condition.get("metric", metric), "low": condition.get("bound", "")}
    if "bound" in fresh:
        figure = condition.get("bound", condition.get("low", ""))
        return fresh | {"metric": condition.get("metric", metric), "bound": figure}
    return fresh


def _has_names(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(one, dict) and one.get("name") for one in value)


def _tag(kind: Any) -> str:
    return str(kind.cls.__struct_config__.tag)


def unit_at(element: Element, says: Any, path: str, metric: str | None = None) -> str:
    """In what a figure of the element is counted, empty where that is not said; `metric` is what it is a bound of, if not as
    the element says."""
    if isinstance(element.value, Setting):
        return element.value.unit if path == "value" else ""
    if isinstance(element.value, TierScheme) and _last(path) in ("bound", "low", "high", "at_least"):
        holder = _at(says, path.rpartition(".")[0])
        name = metric or (holder.get("metric", holder.get("name")) if isinstance(holder, dict) else None)
        return next((one["unit"] for one in says["metrics"] if one["name"] == name), "")
    return ""


def in_whole(cents: int) -> str:
    """Minor units as whole ones: 6,000,000 or 12.50."""
    whole, rest = divmod(abs(cents), _CENTS)
    return f"{'-' if cents < 0 else ''}{whole:,}{f'.{rest:02d}' if rest else ''}"


def in_cents(text: str) -> int | str:
    """Whole units as minor ones; what is no amount stays a text."""
    plain = text.replace(",", "").replace("，", "").strip()
    sign, digits = (-1, plain[1:]) if plain.startswith("-") else (1, plain)
    whole, point, rest = digits.partition(".")
    if not whole.isdecimal() or (point and not (rest.isdecimal() and len(rest) <= 2)) or len(whole) > 15:
        return text
    return sign * (int(whole) * _CENTS + int(rest.ljust(2, "0") or 0))


def blank(kind: Any) -> dict[str, Any]:
    """An element of a list that nobody has filled in yet."""
    made: dict[str, Any] = {}
    tag = kind.cls.__struct_config__.tag
    if tag:
        made["type"] = tag
    for field in kind.fields:
        if field.default is not msgspec.NODEFAULT:
            made[field.encode_name] = plain_of(field.default)
        elif field.default_factory is not msgspec.NODEFAULT:
            made[field.encode_name] = plain_of(field.default_factory())
        else:
            made[field.encode_name] = _nothing(field.type)
    return made


def _nothing(kind: Any) -> Any:
    if _is_optional(kind):
        return None
    if _listed(kind) is not None:
        return []
    first = next(plain_types(kind))
    if isinstance(first, inspect.StructType):
        return {"type": "hours", "count": ""} if _is_limit(first) else blank(first)
    if isinstance(first, inspect.LiteralType):
        return first.values[0]
    return False if isinstance(first, inspect.BoolType) else ""


def plain_types(kind: Any) -> Iterator[Any]:
    """What a value may be, without None and without what is only said of it."""
    if isinstance(kind, inspect.Metadata):
        yield from plain_types(kind.type)
    elif isinstance(kind, inspect.UnionType):
        for each in kind.types:
            yield from plain_types(each)
    elif not isinstance(kind, inspect.NoneType):
        yield kind


def _is_optional(kind: Any) -> bool:
    if isinstance(kind, inspect.Metadata):
        return _is_optional(kind.type)
    return isinstance(kind, inspect.UnionType) and any(isinstance(each, inspect.NoneType) for each in kind.types)


def _listed(kind: Any) -> Any:
    """What the items of a list are; None for what is none."""
    for each in plain_types(kind):
        if isinstance(each, inspect.ListType | inspect.VarTupleType | inspect.SetType):
            return each.item_type
    return None


def _is_limit(kind: Any) -> bool:
    return kind.cls.__struct_config__.tag in ("at_once", "hours", "days", "business_hours", "business_days")


def _chosen(options: Sequence[Any], says: Any) -> Any:
    tag = says.get("type") if isinstance(says, dict) else None
    return next((each for each in options if each.cls.__struct_config__.tag == tag), options[0])


def _union(options: Sequence[Any]) -> Any:
    return inspect.UnionType(tuple(options))


def _literals(kind: Any) -> tuple[str, ...]:
    return tuple(
        str(value)
        for each in plain_types(kind)
        if isinstance(each, inspect.LiteralType)
        for value in each.values
        if value
    )


def _beside(says: Any, packs: Any, place: int) -> Any:
    """The packs' row of the same name, else of the same place."""
    if not isinstance(packs, list):
        return None
    name = says.get("name") if isinstance(says, dict) else None
    if name:
        return next((one for one in packs if isinstance(one, dict) and one.get("name") == name), None)
    return packs[place] if place < len(packs) else None


def _at(says: Any, path: str) -> Any:
    for step in filter(None, path.split(".")):
        if isinstance(says, list):
            says = says[int(step)] if step.isdecimal() and int(step) < len(says) else None
        elif isinstance(says, dict):
            says = says.get(step)
    return says


def _last(path: str) -> str:
    steps = [step for step in path.split(".") if not step.isdecimal()]
    return steps[-1] if steps else path


def _figure(text: str) -> int | str:
    plain = text.replace(",", "").replace("，", "").strip()
    return int(plain) if plain.removeprefix("-").isdecimal() and len(plain) < 18 else text
