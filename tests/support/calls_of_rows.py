"""Every call of `rows.add`, `add_all` and `change` in the sources, and of what writes a row as they do, read without running
it: which columns it gives.
"""

import ast
import importlib
import inspect
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from msgspec import Struct

from guibin_tenants import rows
from guibin_tenants.tables import TenantTable

ROOT = Path(__file__).parents[2]
SOURCES = ("core", "tenants", "plugins")
VERBS = ("add", "add_all", "change")
# What hands a row on to one of them, by where it comes from: it is read where it is called.
HANDED_ON = {"adding": "guibin.web.listing", "add_numbered": "guibin.cases.numbers"}
_SIGNERS = {"signed": "signed", "signed_off": "signed_off"}


class Unread(Exception):
    """The columns are not to be seen in the source."""


@dataclass(frozen=True)
class Call:
    """One call. `unread` says what of it could not be followed."""

    place: str
    verb: str
    table: type[TenantTable]
    names: tuple[str, ...]
    unless: tuple[str, ...] = ()
    unread: str = ""

    def __str__(self) -> str:
        return f"{self.place}-{self.verb}-{rows.name_of(self.table)}"


def _calls() -> Iterator[Call]:
    for folder in SOURCES:
        for file in sorted((ROOT / folder).rglob("*.py")):
            text = file.read_text()
            if "guibin_tenants" in text and "rows" in text and file.name != "rows.py":
                yield from _in_file(file, ast.parse(text))


def _in_file(file: Path, tree: ast.Module) -> Iterator[Call]:
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    module: ModuleType | None = None
    for function in functions:
        for node in ast.walk(function):
            if not isinstance(node, ast.Call) or not (verb := _verb(node.func, tree)):
                continue
            if ast.unparse(node.args[0]) in {each.arg for each in function.args.args}:
                continue
            module = module or importlib.import_module(_module_name(file))
            yield _Reader(file, tree, module, function).call(verb, node)


def _verb(func: ast.expr, tree: ast.Module) -> str:
    imported = {
        alias.asname or alias.name: alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        and node.module in ("guibin_tenants.rows", "guibin_tenants", "rows", *HANDED_ON.values())
        for alias in node.names
    }
    if isinstance(func, ast.Name) and imported.get(func.id) in (*VERBS, *HANDED_ON):
        return imported[func.id]
    if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and imported.get(func.value.id) == "rows":
        return func.attr if func.attr in VERBS else ""
    return ""


def _module_name(file: Path) -> str:
    parts = list(file.relative_to(ROOT).with_suffix("").parts)
    first = next(place for place, part in enumerate(parts) if part.startswith("guibin"))
    return ".".join(parts[first:]).removesuffix(".__init__")


@dataclass
class _Reader:
    file: Path
    tree: ast.Module
    module: ModuleType
    function: ast.FunctionDef | ast.AsyncFunctionDef

    def call(self, verb: str, node: ast.Call) -> Call:
        place = f"{self.module.__name__.removeprefix('guibin.')}:{node.lineno}"
        table = getattr(self.module, ast.unparse(node.args[0]))
        names: dict[str, None] = {"id": None} if verb != "change" else {}
        for signing in self._signatures(verb, table, node):
            names[signing] = None
        unless: tuple[str, ...] = ()
        try:
            if verb == "add_all":
                names |= dict.fromkeys(self._of_list(node.args[2]))
                found = next((each.value for each in node.keywords if each.arg == "unless"), None)
                unless = tuple(ast.literal_eval(found)) if found is not None else ()
            elif verb == "add_numbered":
                names |= dict.fromkeys([*self._of_dict(node.args[3]), "number"])
                unless = ("number",)
            else:
                for each in node.keywords:
                    names |= dict.fromkeys([each.arg] if each.arg else self._of_dict(each.value))
        except Unread as error:
            return Call(place, verb, table, (), unread=str(error))
        return Call(place, verb, table, tuple(names), unless)

    def _signatures(self, verb: str, table: type[TenantTable], node: ast.Call) -> list[str]:
        place = 2 if verb == "change" else 1
        given = node.args[place] if len(node.args) > place else None
        if given is None or (isinstance(given, ast.Constant) and given.value is None):
            return []
        word = table.keys.signed_off if verb == "change" else table.keys.signed
        return [name for part in ("by", "by_name", "at") if (name := f"{word}_{part}") in rows.columns_of(table)]

    def _of_list(self, node: ast.expr) -> list[str]:
        """The columns of each row of a list."""
        if isinstance(node, ast.ListComp):
            return self._of_dict(node.elt)
        if isinstance(node, ast.List) and node.elts:
            return self._of_dict(node.elts[0])
        if isinstance(node, ast.Name):
            return self._of_list(self._assigned(node.id))
        raise Unread(ast.unparse(node))

    def _of_dict(self, node: ast.expr) -> list[str]:
        """The keys of a dictionary."""
        if isinstance(node, ast.Dict):
            return [
                name for key, value in zip(node.keys, node.values, strict=True) for name in self._of_key(key, value)
            ]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return [*self._of_dict(node.left), *self._of_dict(node.right)]
        if isinstance(node, ast.IfExp):
            return [*self._of_dict(node.body), *self._of_dict(node.orelse)]
        if isinstance(node, ast.DictComp):
            return self._of_less(node)
        if isinstance(node, ast.Await):
            return self._of_dict(node.value)
        if isinstance(node, ast.Call):
            return self._of_call(node)
        if isinstance(node, ast.Name):
            return self._of_dict(self._assigned(node.id))
        raise Unread(ast.unparse(node))

    def _of_less(self, node: ast.DictComp) -> list[str]:
        """`{name: value for name, value in X.items() if name != "left out"}`, or `{name: value for name in NAMES if …}`."""
        match node.generators:
            case [
                ast.comprehension(
                    iter=ast.Call(func=ast.Attribute(value=whole, attr="items")),
                    ifs=[ast.Compare(ops=[ast.NotEq()], comparators=[ast.Constant(value=left_out)])],
                )
            ]:
                return [name for name in self._of_dict(whole) if name != left_out]
            case [ast.comprehension(target=ast.Name(id=named), iter=ast.Tuple() | ast.Attribute() as names)] if (
                ast.unparse(node.key) == named
            ):
                return list(eval(ast.unparse(names), vars(self.module)))  # our own source
        raise Unread(ast.unparse(node))

    def _of_key(self, key: ast.expr | None, value: ast.expr) -> list[str]:
        if key is None:
            return self._of_dict(value)
        if isinstance(key, ast.Constant):
            return [str(key.value)]
        raise Unread(ast.unparse(key))

    def _of_call(self, node: ast.Call) -> list[str]:
        name = ast.unparse(node.func)
        if name == "dict":
            return [
                each
                for keyword in node.keywords
                for each in ([keyword.arg] if keyword.arg else self._of_dict(keyword.value))
            ]
        if name in ("given", "rows.given", "structs.asdict"):
            return list(self._struct(node.args[0]).__struct_fields__)
        for function in [*self.tree.body, *self._of_another(name)]:
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and function.name == name:
                returned = [each.value for each in ast.walk(function) if isinstance(each, ast.Return)]
                if len(returned) == 1 and returned[0] is not None:
                    return _Reader(self.file, self.tree, self.module, function)._of_dict(returned[0])
        raise Unread(ast.unparse(node))

    def _of_another(self, name: str) -> list[ast.stmt]:
        """What stands in the module from which a function of this name comes."""
        function = getattr(self.module, name, None)
        return ast.parse(inspect.getsource(inspect.getmodule(function))).body if inspect.isfunction(function) else []

    def _struct(self, node: ast.expr) -> type[Struct]:
        """What kind of struct a name or an attribute of one is, by the annotations."""
        if isinstance(node, ast.Name):
            parameters = [*self.function.args.args, *self.function.args.kwonlyargs]
            for each in parameters:
                if each.arg == node.id and each.annotation is not None:
                    return self._kind(eval(ast.unparse(each.annotation), vars(self.module)))  # our own source
            return self._struct(self._assigned(node.id))
        if isinstance(node, ast.Attribute):
            return self._kind(typing.get_type_hints(self._struct(node.value))[node.attr])
        if isinstance(node, ast.Await):
            return self._struct(node.value)
        if isinstance(node, ast.Call):
            called = eval(ast.unparse(node.func), vars(self.module))  # our own source
            return self._kind(called if inspect.isclass(called) else typing.get_type_hints(called)["return"])
        raise Unread(ast.unparse(node))

    def _kind(self, kind: Any) -> type[Struct]:
        if inspect.isclass(kind) and issubclass(kind, Struct):
            return kind
        raise Unread(str(kind))

    def _assigned(self, name: str) -> ast.expr:
        """What a local of the function is set to, if that is once."""
        found: list[ast.expr] = []
        for node in ast.walk(self.function):
            if not isinstance(node, ast.Assign):
                continue
            for target in node.targets:
                if isinstance(target, ast.Name) and target.id == name:
                    found.append(node.value)
                elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = zip(target.elts, node.value.elts, strict=True)
                    found += [value for each, value in pairs if isinstance(each, ast.Name) and each.id == name]
        if len(found) != 1:
            raise Unread(name)
        return found[0]


CALLS = list(_calls())
