"""Texts that are written down: kinds, tags, actions, keys and ids that stand in rows, or in what others have programmed.

What is registered is asked for; audit actions and notices are read from the sources, wherever they come from.
"""

import ast
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from litestar import Litestar

import guibin
from guibin import events, timetable
from guibin.app.document import document_of
from guibin.approvals.actions import Decided
from guibin.catalog import TABLES
from guibin.cli import backup, data, tenants
from guibin.exits import actions as exits
from guibin.jobs.kinds import all_handlers
from guibin.messages.subjects import SUBJECTS
from guibin.operation import purging
from guibin_tenants.refusals import Refusal

FILE = Path(__file__).parents[1] / "core" / "stored_spellings.txt"
CORE = Path(guibin.__file__).parent
Function = ast.FunctionDef | ast.AsyncFunctionDef
# What the sources do not say is some value: a number, an id, a name from a row.
SOMETHING = "{}"
_AUDIT = "guibin.audit.actions"
_ANSWERING = "guibin.audit.answering"
_DISCLOSURES = "guibin.profiles.disclosures"
# What refuses below the commands is known once they are.
_BEHIND_COMMANDS = (backup, data, tenants, exits, purging)


def stored(app: Litestar) -> dict[str, list[str]]:
    """Each family of spellings with all its members, sorted."""
    sources = Sources(CORE)
    families = {
        "job kinds": {handler.kind for handler in all_handlers() if _of_core(handler.function)},
        "rhythms": {rhythm.name for rhythm in timetable.RHYTHMS},
        "event tags": {str(event.__struct_config__.tag) for event in events.all_events() if _of_core(event)},
        "subjects of approvals": {
            subject
            for (name, subject, _), hear in events._at_once.items()
            if name == Decided.__name__ and _of_core(hear)
        },
        "subjects of messages": set(SUBJECTS),
        "tables": {table._meta.tablename for table in TABLES},
        "audit actions": sources.audited(),
        "notice kinds": sources.said("guibin.notices.actions.Notice", "kind", first=True),
        "notice keys": sources.said("guibin.notices.actions.Telling", "key"),
        "problem types": {kind.kind for kind in _refusals() if _of_core(kind)},
        "operation ids": set(_operation_ids(document_of(app))),
    }
    return {family: sorted(members) for family, members in families.items()}


def written() -> dict[str, list[str]]:
    """What `stored_spellings.txt` says: a family's name in brackets, then a line for each."""
    families: dict[str, list[str]] = {}
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            lines = families.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            lines.append(line)
    return families


def _refusals(of: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    for kind in of.__subclasses__():
        yield kind
        yield from _refusals(kind)


def _of_core(thing: Any) -> bool:
    # What authors' own tests are given is stored nowhere.
    return str(thing.__module__).startswith("guibin.") and not str(thing.__module__).startswith("guibin.testing.")


def _operation_ids(document: dict[str, Any]) -> Iterator[str]:
    for item in document["paths"].values():
        yield from (operation["operationId"] for operation in item.values() if "operationId" in operation)


class Place(NamedTuple):
    """Where an expression stands: its module, and the functions around it, the innermost last.

    With a `call` the innermost function's parameters are what that call gives, which stands `called_from` there.
    """

    module: str
    functions: tuple[Function, ...] = ()
    call: ast.Call | None = None
    called_from: "Place | None" = None

    @property
    def function(self) -> str:
        """The innermost function's dotted name."""
        return ".".join((self.module, *(each.name for each in self.functions)))


class Sources:
    """The modules below `folder`, asked which texts an argument may be."""

    def __init__(self, folder: Path) -> None:
        self._trees = {
            ".".join(path.relative_to(folder.parent).with_suffix("").parts): ast.parse(path.read_text(encoding="utf-8"))
            for path in sorted(folder.rglob("*.py"))
        }
        self._imported = {module: dict(_imported(module, tree)) for module, tree in self._trees.items()}
        self._constants = {module: _assigned(tree.body) for module, tree in self._trees.items()}
        self._locals: dict[Function, dict[str, list[ast.expr]]] = {}
        self._calls: dict[str, list[tuple[Place, ast.Call]]] = {}
        self._defined = {
            f"{module}.{node.name}": (module, node)
            for module, tree in self._trees.items()
            for node in tree.body
            if isinstance(node, Function | ast.ClassDef)
        }
        for module, tree in self._trees.items():
            self._note_calls(tree, Place(module))

    def said(self, function: str, argument: str, *, first: bool = False, besides: tuple[str, ...] = ()) -> set[str]:
        """Every text that the dotted `function` may be given as `argument`; a part that only rows know is `{}`.

        With `first` it may stand first, without its name. The modules `besides` are left out.
        """
        calls = [(place, call) for place, call in self._calls.get(function, ()) if place.module not in besides]
        given = [(place, each.value) for place, call in calls for each in call.keywords if each.arg == argument]
        given += [(place, call.args[0]) for place, call in calls if first and call.args]
        return set().union(*(self._texts(value, place, ()) for place, value in given))

    def audited(self) -> set[str]:
        """Every action of the record: as notes say it, `done` or `recorded` of a case, `searched` and `exported`, and addresses that show lists and rows."""
        texts = self.said(f"{_AUDIT}.AuditNote", "action", besides=(_AUDIT, _ANSWERING))
        texts |= self.said(f"{_AUDIT}.noted", "action", first=True, besides=(_AUDIT, _ANSWERING))
        for place, call in self._calls.get(f"{_ANSWERING}.lists", ()):
            said = {each.arg: each.value for each in call.keywords}
            if "recorded" in said:
                texts |= self._verbs(said["recorded"], said.get("verb", ast.Constant("search")), place)
        for place, call in self._calls.get(f"{_ANSWERING}.reads", ()):
            said = {each.arg: each.value for each in call.keywords}
            texts |= self._verbs(said.get("recorded", call.args[3]), said.get("verb", ast.Constant("read")), place)
        said_of = [each for name in ("done", "note_of", "recorded") for each in self._calls.get(f"{_AUDIT}.{name}", ())]
        for place, call in said_of:
            if place.module in (_AUDIT, _ANSWERING, _DISCLOSURES):
                continue
            subjects, verbs = self._subjects(call.args[1], place), self._texts(call.args[0], place, ())
            texts |= {f"{subject}.{verb}" for subject, verb in product(subjects, verbs)}
        for place, call in self._calls.get(f"{_DISCLOSURES}.keep", ()):
            texts |= {f"{subject}.disclose" for subject in self._subjects(call.args[0], place)}
        for place, call in self._calls.get(f"{_AUDIT}.exported", ()):
            texts |= self._verbs(call.args[0], ast.Constant("export"), place)
        for place, call in self._calls.get(f"{_AUDIT}.searched", ()):
            verb = next((each.value for each in call.keywords if each.arg == "verb"), ast.Constant("search"))
            texts |= self._verbs(call.args[0], verb, place) if place.module != _ANSWERING else set()
        return texts

    def _verbs(self, what: ast.expr, verb: ast.expr, place: Place) -> set[str]:
        things, verbs = self._texts(what, place, ()), self._texts(verb, place, ())
        return {f"{thing}.{verb}" for thing, verb in product(things, verbs)}

    def _subjects(self, case: ast.expr, place: Place) -> set[str]:
        """What a case is called: the first argument of what makes it, here or in the function that is called."""
        if isinstance(case, ast.Name) and place.functions:
            made = _assigned(ast.walk(place.functions[-1])).get(case.id, ())
            return set().union(*(self._subjects(each, place) for each in made)) or {SOMETHING}
        if not isinstance(case, ast.Call):
            return {SOMETHING}
        whole = self._whole(case.func, place.module)
        module, _, name = whole.rpartition(".")
        for node in self._trees[module].body if module in self._trees else ():
            if isinstance(node, Function) and node.name == name:
                returned = [each.value for each in ast.walk(node) if isinstance(each, ast.Return) and each.value]
                return set().union(*(self._subjects(each, Place(module, (node,))) for each in returned))
        return self._texts(case.args[0], place, ()) if case.args else {SOMETHING}

    def _note_calls(self, node: ast.AST, place: Place) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Call):
                self._calls.setdefault(self._whole(child.func, place.module), []).append((place, child))
            inside = place._replace(functions=(*place.functions, child)) if isinstance(child, Function) else place
            self._note_calls(child, inside)

    def _whole(self, name: ast.expr, module: str) -> str:
        """The dotted name that `name` stands for in this module."""
        if isinstance(name, ast.Name):
            return self._imported[module].get(name.id, f"{module}.{name.id}")
        return f"{self._whole(name.value, module)}.{name.attr}" if isinstance(name, ast.Attribute) else ""

    def _texts(self, value: ast.expr, place: Place, asked: tuple[str, ...]) -> set[str]:
        match value:
            case ast.Constant(value=str(text)):
                return {text}
            case ast.JoinedStr(values=parts):
                return self._joined(parts, place, asked)
            case ast.FormattedValue(value=inner):
                return self._texts(inner, place, asked)
            case ast.IfExp(body=body, orelse=orelse):
                return self._texts(body, place, asked) | self._texts(orelse, place, asked)
            case ast.Name(id=name):
                return self._named(name, place, asked)
            case ast.Subscript(value=ast.Name() | ast.Attribute() as table) if self._is_table(table, place):
                return self._constant(self._whole(table, place.module))
            case ast.Dict(values=values):
                return set().union(*(self._texts(each, place, asked) for each in values))
            case ast.Attribute(value=owner, attr=name):
                known = self._constant(self._whole(value, place.module))
                return known if known != {SOMETHING} else self._field(owner, name, place, asked)
        return {SOMETHING}

    def _joined(self, parts: list[ast.expr], place: Place, asked: tuple[str, ...]) -> set[str]:
        """The parts put together; those that are parameters come from the same call each time."""
        if place.functions and place.call is None:
            given = set(_parameters(place.functions[-1]))
            several = [part for part in parts if given & {n.id for n in ast.walk(part) if isinstance(n, ast.Name)}]
            calls = self._calls.get(place.function, []) if len(several) > 1 else []
            if calls:
                bound = (place._replace(call=call, called_from=caller) for caller, call in calls)
                return set().union(*(self._joined(parts, each, asked) for each in bound))
        return {"".join(each) for each in product(*(self._texts(part, place, asked) for part in parts))}

    def _field(self, value: ast.expr, name: str, place: Place, asked: tuple[str, ...]) -> set[str]:
        """What the field `name` of a struct may be: of one made here, by a function of ours, or handed in."""
        match value:
            case ast.Await(value=inner):
                return self._field(inner, name, place, asked)
            case ast.Call(func=function):
                return self._field_made(value, self._whole(function, place.module), name, (place, asked))
            case ast.Name(id=local) if place.functions:
                function = place.functions[-1]
                key = f"{place.function}.{local}.{name}"
                given = _assigned(ast.walk(function)).get(local, [])
                if key in asked or not (given or local in _parameters(function)):
                    return {SOMETHING}
                asked = (*asked, key)
                if given:
                    return set().union(*(self._field(each, name, place, asked) for each in given))
                calls = [(place.called_from, place.call)] if place.call else self._calls.get(place.function, [])
                values = [(caller, _given(call, function, local)) for caller, call in calls if call and caller]
                texts = (self._field(each, name, at, asked) for at, each in values if each is not None)
                return set().union(*texts) or {SOMETHING}
        return {SOMETHING}

    def _field_made(self, call: ast.Call, whole: str, name: str, where: tuple[Place, tuple[str, ...]]) -> set[str]:
        place, asked = where
        module, maker = self._defined.get(whole, ("", None))
        if isinstance(maker, ast.ClassDef):
            names = [each.target.id for each in maker.body if isinstance(each, ast.AnnAssign | ast.Name)]
            given = {keyword.arg: keyword.value for keyword in call.keywords} | dict(
                zip(names, call.args, strict=False)
            )
            return self._texts(given[name], place, asked) if name in given else {SOMETHING}
        if maker is None or whole in asked:
            return {SOMETHING}
        returned = [each.value for each in ast.walk(maker) if isinstance(each, ast.Return) and each.value]
        there = Place(module, (maker,), call, place)
        return set().union(*(self._field(each, name, there, (*asked, whole)) for each in returned)) or {SOMETHING}

    def _named(self, name: str, place: Place, asked: tuple[str, ...]) -> set[str]:
        """A local, a parameter (whatever the callers give), or a constant of this module or one that it imports."""
        key = ".".join((place.module, *(each.name for each in place.functions), name))
        if key in asked:
            return {SOMETHING}
        for depth in range(len(place.functions), 0, -1):
            function = place.functions[depth - 1]
            if function not in self._locals:
                self._locals[function] = _assigned(ast.walk(function))
            if given := self._locals[function].get(name):
                return set().union(*(self._texts(each, place, (*asked, key)) for each in given))
            if name in _parameters(function):
                if place.call and place.called_from and depth == len(place.functions):
                    value = _given(place.call, function, name)
                    return self._texts(value, place.called_from, (*asked, key)) if value is not None else {SOMETHING}
                whole = ".".join((place.module, *(each.name for each in place.functions[:depth])))
                return self._from_callers(function, whole, name, (*asked, key))
        return self._constant(self._whole(ast.Name(name), place.module))

    def _from_callers(self, function: Function, whole: str, name: str, asked: tuple[str, ...]) -> set[str]:
        texts: set[str] = set()
        for place, call in self._calls.get(whole, ()):
            given = _given(call, function, name)
            texts |= self._texts(given, place, asked) if given is not None else set()
        return texts or {SOMETHING}

    def _is_table(self, name: ast.expr, place: Place) -> bool:
        """A constant that says a text for each of its keys."""
        module, _, last = self._whole(name, place.module).rpartition(".")
        given = self._constants.get(module, {}).get(last)
        return bool(given) and isinstance(given[0], ast.Dict)

    def _constant(self, whole: str) -> set[str]:
        module, _, name = whole.rpartition(".")
        given = self._constants.get(module, {}).get(name)
        return self._texts(given[0], Place(module), ()) if given else {SOMETHING}


def _imported(module: str, tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Each name that the module imports, and the dotted name it stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            base = module.split(".")[: -node.level] if node.level else []
            home = ".".join((*base, *([node.module] if node.module else [])))
            yield from ((each.asname or each.name, f"{home}.{each.name}") for each in node.names)


def _assigned(nodes: Iterable[ast.AST]) -> dict[str, list[ast.expr]]:
    """What each plain name is set to."""
    values: dict[str, list[ast.expr]] = {}
    for node in nodes:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                pairs = [(target, node.value)]
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = list(zip(target.elts, node.value.elts, strict=True))
                for each, value in pairs:
                    if isinstance(each, ast.Name):
                        values.setdefault(each.id, []).append(value)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            values.setdefault(node.target.id, []).append(node.value)
    return values


def _parameters(function: Function) -> list[str]:
    return [each.arg for each in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]


def _given(call: ast.Call, function: Function, name: str) -> ast.expr | None:
    """What this call gives for the parameter; its default when it gives nothing."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    positional = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
    if name in positional and positional.index(name) < len(call.args):
        return call.args[positional.index(name)]
    defaults = dict(zip(reversed(positional), reversed(function.args.defaults), strict=False))
    return defaults.get(name) or dict(
        zip([each.arg for each in function.args.kwonlyargs], function.args.kw_defaults, strict=True)
    ).get(name)
