"""Every small change of a decision in the code: a bound that shifts, a condition that falls away, a step that is left out.

Functions are changed where they stand, by their code alone: whoever holds one by name, as a route or behind a decorator, has
the changed one.
"""

import ast
import gc
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from msgspec import Struct

Function = ast.FunctionDef | ast.AsyncFunctionDef
_SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_NAMES = {"any": "all", "all": "any", "min": "max", "max": "min"}
# What is evaluated when the function is made, or by nobody.
_NO_DECISIONS = {"annotation", "returns", "decorator_list", "args", "type_comment"}
_SAYS_MAX = 70
_NAMES_ITS_CLASS = ast.parse("if False: __class__").body[0]


class Change(Struct, frozen=True, eq=False):
    """`new` in the place of what stands in `field` of `parent`; `lines` are those of its statement, the function's counted from 0."""

    function: str
    lines: range
    says: str
    parent: ast.AST
    field: str
    place: int | None
    new: ast.AST

    def made(self, source: "Source") -> CodeType:
        """The code of the whole module with the change in it."""
        function = source.functions[self.function]
        # A method that no longer says `super` would want other cells than the living one has.
        above = any(isinstance(node, ast.Name) and node.id == "super" for node in ast.walk(function))
        whole, old = function.body, self._put(self.new)
        try:
            function.body = [*function.body, _NAMES_ITS_CLASS] if above else function.body
            return source.compiled()
        finally:
            function.body = whole
            self._put(old)

    def _put(self, node: Any) -> Any:
        held = getattr(self.parent, self.field)
        if self.place is None:
            setattr(self.parent, self.field, node)
            return held
        old, held[self.place] = held[self.place], node
        return old


class Source:
    """One module: its tree, and its functions and methods by qualified name."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.text = file.read_text(encoding="utf-8")
        self.tree = ast.parse(self.text)
        self.functions = dict(_functions(self.tree.body, ""))

    def compiled(self) -> CodeType:
        """The module's code, as its file would be."""
        return compile(ast.fix_missing_locations(self.tree), str(self.file), "exec", dont_inherit=True)

    def changes(self) -> Iterator[Change]:
        """All of them, in the order of the lines."""
        for name, function in self.functions.items():
            for place, statement in enumerate(function.body):
                if place or not _is_text(statement):
                    yield from _Changing(name, function).of(statement, function, "body", place)


def put(code: CodeType, functions: list[FunctionType], within: str = "") -> int:
    """Give these functions the code that they have in the module's, only those `within` one if it is named; how many have it."""
    made = {(each.co_qualname, each.co_firstlineno): each for each in _codes(code)}
    changed = 0
    for function in functions:
        name = function.__code__.co_qualname
        found = made.get((name, function.__code__.co_firstlineno))
        named = not within or name == within or name.startswith(f"{within}.<locals>")
        # One that reads more or fewer names of the function around it was made anew by that one.
        if named and found and found.co_freevars == function.__code__.co_freevars:
            function.__code__ = found
            changed += 1
    return changed


def living(files: set[str]) -> dict[str, list[FunctionType]]:
    """Every function of these files in this process, however it is wrapped or registered."""
    found: dict[str, list[FunctionType]] = {file: [] for file in files}
    for each in gc.get_objects():
        if type(each) is FunctionType and each.__code__.co_filename in found:
            found[each.__code__.co_filename].append(each)
    return found


def _codes(code: CodeType) -> Iterator[CodeType]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each
            yield from _codes(each)


def _functions(body: list[ast.stmt], inside: str) -> Iterator[tuple[str, Function]]:
    for node in body:
        if isinstance(node, Function):
            yield f"{inside}{node.name}", node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node.body, f"{inside}{node.name}.")


class _Changing:
    def __init__(self, name: str, function: Function) -> None:
        self.name = name
        self.function = function
        self.lines = range(0)

    def of(self, node: ast.AST, parent: ast.AST, field: str, place: int | None) -> Iterator[Change]:
        before = self.lines
        if isinstance(node, ast.stmt):
            self.lines = range(node.lineno - self.function.lineno, _head_end(node) - self.function.lineno + 1)
        for new in _instead(node, isinstance(self.function, ast.AsyncFunctionDef)):
            says = f"{_short(node)} → {_short(new)}"
            yield Change(self.name, self.lines, says, parent, field, place, ast.copy_location(new, node))
        yield from self._inside(node)
        self.lines = before

    def _inside(self, node: ast.AST) -> Iterator[Change]:
        # What is told to people is none of the decisions.
        if isinstance(node, ast.JoinedStr | ast.ClassDef):
            return
        for field, value in ast.iter_fields(node):
            if field in _NO_DECISIONS and isinstance(node, Function | ast.AnnAssign):
                continue
            for place, each in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(each, ast.AST):
                    yield from self.of(each, node, field, place)


def _head_end(node: ast.stmt) -> int:
    """The last line before the statements in it begin."""
    inside = getattr(node, "body", None)
    return max(node.lineno, inside[0].lineno - 1) if inside else node.end_lineno or node.lineno


def _instead(node: ast.AST, waits: bool) -> Iterator[ast.AST]:
    if isinstance(node, ast.stmt):
        yield from _other_statements(node, waits)
    elif isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            if other := _SWAPPED.get(type(operator)):
                yield ast.Compare(node.left, [*node.ops[:place], other(), *node.ops[place + 1 :]], node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(_SWAPPED[type(node.op)](), node.values)
        for place in range(len(node.values)):
            rest = [*node.values[:place], *node.values[place + 1 :]]
            yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node.operand
    elif isinstance(node, ast.BinOp) and (other := _SWAPPED.get(type(node.op))):
        if not any(isinstance(side, ast.JoinedStr) or _is_text(side) for side in (node.left, node.right)):
            yield ast.BinOp(node.left, other(), node.right)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool | int):
        yield ast.Constant(not node.value if isinstance(node.value, bool) else node.value + 1)
    elif isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse)
    elif isinstance(node, ast.comprehension):
        for place in range(len(node.ifs)):
            yield ast.comprehension(node.target, node.iter, [*node.ifs[:place], *node.ifs[place + 1 :]], node.is_async)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _NAMES:
        yield ast.Call(ast.Name(_NAMES[node.func.id], ast.Load()), node.args, node.keywords)


def _other_statements(node: ast.stmt, waits: bool) -> Iterator[ast.AST]:
    nothing = ast.Expr(ast.YieldFrom(ast.Tuple([], ast.Load())))
    if isinstance(node, ast.If):
        yield ast.If(ast.Constant(True), node.body, node.orelse)
        yield ast.If(ast.Constant(False), node.body, node.orelse)
    elif isinstance(node, ast.While):
        yield ast.While(ast.Constant(False), node.body, node.orelse)
    elif isinstance(node, ast.For):
        yield ast.For(node.target, ast.Tuple([], ast.Load()), node.body, node.orelse)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Yield | ast.YieldFrom):
        if ast.unparse(node) != ast.unparse(nothing):
            yield ast.Pass() if waits else nothing
    elif (isinstance(node, ast.Expr) and not _is_text(node)) or isinstance(node, ast.Raise | ast.Continue):
        yield ast.Pass()
    elif isinstance(node, ast.AugAssign):
        yield ast.Pass()
        if other := _SWAPPED.get(type(node.op)):
            yield ast.AugAssign(node.target, other(), node.value)
    elif isinstance(node, ast.Return) and node.value and not isinstance(node.value, ast.Constant):
        yield ast.Return(ast.Constant(None))


def _is_text(node: ast.AST) -> bool:
    value = node.value if isinstance(node, ast.Expr) else node
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _short(node: ast.AST) -> str:
    said = _said(node)
    return said if len(said) <= _SAYS_MAX else f"{said[:_SAYS_MAX]}…"


def _said(node: ast.AST) -> str:
    if isinstance(node, ast.If | ast.While):
        return f"{type(node).__name__.lower()} {ast.unparse(node.test)}"
    if isinstance(node, ast.For):
        return f"for {ast.unparse(node.target)} in {ast.unparse(node.iter)}"
    if isinstance(node, ast.comprehension):
        return " ".join(["in", ast.unparse(node.iter), *(f"if {ast.unparse(each)}" for each in node.ifs)])
    return ast.unparse(node)
