"""What a pack declares, look by look: each names what would fail before whoever uses it."""

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from importlib.abc import Traversable
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
from jinja2 import TemplateSyntaxError
from msgspec import Struct, structs

from guibin.app import pack_pages, pack_routes, pages
from guibin.app.guards import PUBLIC
from guibin.events import Event
from guibin.hookspecs import (
    PROJECT,
    PackColumn,
    PackFigure,
    PackImport,
    PackJob,
    PackPage,
    PackPermission,
    Panel,
    Reaction,
    Tile,
)
from guibin.insight.counts import is_counted
from guibin.jobs.kinds import handler_of, kind_of
from guibin.packs import Hooks, Packs
from guibin.periods import rhythms
from guibin.policy.codec import misfits_in
from guibin.policy.demonstrations import Demonstration
from guibin.policy.problems import PackProblem
from guibin.transfers import wording
from guibin.transfers.of_packs import WHOSE
from guibin.transfers.tables import KIND_CHARS_MAX
from guibin.watch.sources import line_of
from guibin_tenants import schema
from guibin_tenants.catalog import TABLES as TENANCY_TABLES
from guibin_tenants.changes import Change
from guibin_tenants.principals import ROLE_PERMISSIONS, Predicate

from .scenarios import BadScenario, scenarios_of

# As wide as what writes down which event it was.
EVENT_CHARS_MAX = 60
# What each hook answers a sequence of.
_KINDS: dict[str, type] = {
    "permissions": PackPermission,
    "reactions": Reaction,
    "events": type,
    "figures": PackFigure,
    "imports": PackImport,
    "jobs": PackJob,
    "pages": PackPage,
    "panels": Panel,
    "tiles": Tile,
    "columns": PackColumn,
    "tables": type,
    "changes": Change,
    "controllers": type,
}
# Roles that do something: who reads the record has no part in what it records.
BUILT_IN = frozenset(ROLE_PERMISSIONS) - {"auditor"}


class Looked(Struct, frozen=True):
    """The pack that is looked at, and those that start before it."""

    name: str
    plugin: object
    hooks: Hooks
    packs: Packs

    def implementation(self, hook: str) -> Callable[..., Any] | None:
        """What implements the hook; None where nothing does."""
        found = getattr(self.plugin, hook, None)
        return found if hasattr(found, f"{PROJECT}_impl") else None

    def wrong(self, place: str, rule: str, fix: str = "", *words: str) -> PackProblem:
        """A problem, at the line where one of the words stands."""
        return PackProblem(self.name, place, rule, fix, line_of(self.plugin, *words))


Problems = Iterator[PackProblem]


def answers(looked: Looked) -> Problems:
    """Every hook that declares something answers a sequence of it."""
    for hook, kind in _KINDS.items():
        declare = looked.implementation(hook)
        found = declare() if declare is not None else ()
        if not isinstance(found, Sequence) or isinstance(found, str):
            yield looked.wrong(f"hook {hook!r}", f"answers {type(found).__name__}, not a list", "", hook)
            continue
        for one in found:
            if not isinstance(one, kind):
                yield looked.wrong(
                    f"hook {hook!r}", f"answers {type(one).__name__} among its {kind.__name__}", "", hook
                )
    for hook in ("templates", "scenarios"):
        declare = looked.implementation(hook)
        folder = declare() if declare is not None else Path()
        if not isinstance(folder, Traversable) or not folder.is_dir():
            yield looked.wrong(f"hook {hook!r}", "answers no folder", 'files("…") / "…"', hook)


def tables(looked: Looked) -> Problems:
    """Each can be made, and refers to tables that there are."""
    from guibin.catalog import TABLES  # the core's tables, of which some need all that is above

    known = {table._meta.tablename for table in (*TENANCY_TABLES, *TABLES)}
    for table in looked.hooks.tables():
        label = table._meta.tablename
        known.add(label)
        for column, named in table.keys.references.items():  # type: ignore[attr-defined]  # a TenantTable, which the start asked for
            if named not in known:
                yield looked.wrong(f"table {label!r}, column {column!r}", f"refers to no table: {named!r}", "", named)
        schema.create_statements(table)
        labels = [schema.label_of(label, index) for index in schema.indexes(table)]  # type: ignore[arg-type]  # as above
        for twice in sorted({each for each in labels if labels.count(each) > 1}):
            yield looked.wrong(f"table {label!r}", f"has two indexes called {twice!r}", 'Index(…, name="…")', label)


def changes(looked: Looked) -> Problems:
    """Each is the next by its number, does something, and names tables of the pack's own."""
    others = {each._meta.tablename for each in looked.packs.tables(set(looked.packs.names) - {looked.name})}
    for number, each in enumerate(looked.hooks.changes(), 1):
        place = f"change {each.number} {each.name!r}"
        if each.number != number:
            yield looked.wrong(place, f"stands where change {number} is to stand", "1, 2, 3 and so on", each.name)
        for table in each.tables:
            if not table.startswith(f"{looked.name}_") or table in others:
                yield looked.wrong(place, f"names table {table!r}, which is not the pack's own", "", table)
        if not each.tables:
            yield looked.wrong(place, "names no table", "tables=(…,): all that it reads or writes", each.name)
        if not (each.adds or each.statements or each.does):
            yield looked.wrong(place, "does nothing", "adds, statements or does", each.name)
        for problem in misfits_in(structs.replace(each, does=None), Change):
            yield looked.wrong(f"{place}, {problem.path}", f"is {problem.value!r}: {problem.rule}", "", each.name)
        if each.does is not None:
            yield from _callable(looked, place, each.does, 1)


def routes(looked: Looked) -> Problems:
    """Each says who may call it, and can be served and described."""
    for controller in looked.hooks.controllers():
        handlers = {
            name: each for name, each in vars(controller).items() if isinstance(getattr(each, "opt", None), dict)
        }
        for name, handler in handlers.items():
            place = f"controller {controller.__name__}, {name!r}"
            needs = handler.opt.get("needs", (vars(controller).get("opt") or {}).get("needs"))
            if needs == PUBLIC:
                yield looked.wrong(
                    place, "is public: it would be served to nobody", "needs=anyone", controller.__name__
                )
            elif not isinstance(needs, Predicate):
                yield looked.wrong(place, "does not say who may call it", 'needs=may("customers:read")', name)
    pack_routes.probe(looked.hooks)


def jobs(looked: Looked) -> Problems:
    """Each has a kind of its own, a handler that can be called, and a rhythm that can be read."""
    others = looked.packs.hooks_of(set(looked.packs.names) - {looked.name})
    taken = {kind_of(job.payload) for job in others.jobs()}
    for job in looked.hooks.jobs():
        kind = kind_of(job.payload)
        place, known = f"job {kind!r}", handler_of(kind)
        if kind in taken or (known is not None and known.pack != looked.name):
            yield looked.wrong(place, "is called as a job that there is already", "call its class otherwise", kind)
        taken.add(kind)
        yield from _callable(looked, place, job.handler, 2)
        if job.every:
            try:
                rhythms.check(job.every)
            except rhythms.BadRhythm as error:
                yield looked.wrong(place, f"has no rhythm {job.every!r}: {error}", "daily 05:00", job.every)
            job.payload()


def events(looked: Looked) -> Problems:
    """Each is called as the pack's own, and in both languages; what the pack's code defines is declared."""
    texts, declared = looked.hooks.value(looked.name).texts, looked.hooks.events()
    for event in declared:
        if not issubclass(event, Event):
            yield looked.wrong(
                f"event {event.__name__!r}", "is no Event", "class …(Event, frozen=True)", event.__name__
            )
            continue
        tag = str(event.__struct_config__.tag)
        if re.fullmatch(rf"{looked.name}\.[a-z_]+", tag) is None:
            yield looked.wrong(f"event {tag!r}", "is not the pack's own", f'tag="{looked.name}.<word>"', event.__name__)
        elif len(tag) > EVENT_CHARS_MAX:
            yield looked.wrong(f"event {tag!r}", f"is longer than {EVENT_CHARS_MAX} signs", "", event.__name__)
        elif (key := f"event.{tag}") not in texts:
            yield looked.wrong("texts", f"has no {key!r}", "say it in both languages", event.__name__)
    home = getattr(looked.plugin, "__name__", "")
    for each in vars(looked.plugin).values():
        own = isinstance(each, type) and issubclass(each, Event) and each.__module__.partition(".")[0] == home
        if own and each not in declared:
            yield looked.wrong(f"event {each.__name__!r}", "is not declared", "the hook `events`", each.__name__)


def figures(looked: Looked) -> Problems:
    """Each is called as the pack's own, in both languages, and counts rows that there are."""
    texts, declared = looked.hooks.value(looked.name).texts, looked.hooks.figures()
    own = {each.name for each in declared}
    for each in declared:
        place = f"figure {each.name!r}"
        for problem in misfits_in(each, PackFigure):
            yield looked.wrong(f"{place}, {problem.path}", f"is {problem.value!r}: {problem.rule}", "", each.name)
        if re.fullmatch(rf"{looked.name}\.[a-z_]+", each.name) is None:
            yield looked.wrong(place, "is not the pack's own", f"{looked.name}.<word>", each.name)
            continue
        for key in (f"figure.{each.name}", f"count.{each.name}"):
            if key not in texts:
                yield looked.wrong("texts", f"has no {key!r}", "say it in both languages", each.name)
        if re.match(r"[a-z_0-9]+ [a-z]\b", each.rows) is None:
            yield looked.wrong(
                place, f"counts {each.rows!r}", "a table and a letter it goes by: `lounge_stay s`", each.name
            )
        if each.over and each.over not in own and not is_counted(each.over):
            yield looked.wrong(place, f"is over {each.over!r}, which nobody counts", "", each.over)


def imports(looked: Looked) -> Problems:
    """Each is called as the pack's own, its columns have words and can be read from cells, and its functions can be called."""
    texts = looked.hooks.value(looked.name).texts
    for each in looked.hooks.imports():
        place = f"import {each.name!r}"
        if re.fullmatch(rf"{looked.name}\.[a-z_]+", each.name) is None:
            yield looked.wrong(place, "is not the pack's own", f"{looked.name}.<word>", each.name)
            continue
        if len(each.name) > KIND_CHARS_MAX:
            yield looked.wrong(place, f"is longer than {KIND_CHARS_MAX} signs", "", each.name)
        if (key := f"import.{each.name}") not in texts:
            yield looked.wrong("texts", f"has no {key!r}", "say it in both languages", each.name)
        if not isinstance(each.needs, Predicate):
            yield looked.wrong(place, "does not say who may import it", 'needs=may("customers:write")', each.name)
        if not (isinstance(each.row, type) and issubclass(each.row, Struct)):
            yield looked.wrong(place, f"is of rows that are no Struct: {each.row!r}", "class …(Struct)", each.name)
            continue
        for name, hint in get_type_hints(each.row).items():
            if not (wording.texts().has(f"transfers.name.{name}") or f"field.{name}" in texts):
                fix = f"say `field.{name}` in both languages, or call it as the core does: {WHOSE}"
                yield looked.wrong(f"{place}, column {name!r}", "has no words", fix, name)
            if get_origin(hint) in (list, tuple, dict, set, frozenset):
                yield looked.wrong(f"{place}, column {name!r}", "is several values, and a cell is one", "", name)
        yield from _callable(looked, place, each.takes, 3)
        yield from _callable(looked, place, each.rows, 1)


def reactions(looked: Looked) -> Problems:
    """Each follows an event that there is, by a function that can be called."""
    for one in looked.hooks.reactions():
        called = getattr(one.handler, "__name__", "?")
        if not (isinstance(one.event, type) and issubclass(one.event, Event)):
            yield looked.wrong(f"reaction {called!r}", f"follows {one.event!r}, which is no event", "", "reactions")
        yield from _callable(looked, f"reaction {called!r}", one.handler, 2)


def pages_and_panels(looked: Looked) -> Problems:
    """Each has a name of its own, says who may see it, and has templates, texts and icons."""
    counts = {"pages": 2, "panels": 2, "tiles": 1, "columns": 2}
    for hook, arguments in counts.items():
        seen: set[str] = set()
        for _, each in getattr(looked.hooks, hook)():
            place = f"{hook}: {each.name!r}"
            if each.name in seen:
                yield looked.wrong(place, "stands there twice", "", each.name)
            seen.add(each.name)
            if not isinstance(each.needs, Predicate):
                yield looked.wrong(place, "does not say who may see it", 'needs=may("customers:read")', each.name)
            hint = get_type_hints(type(each)).get("on")
            if hint and each.on not in get_args(hint):
                yield looked.wrong(place, f"stands on {each.on!r}", f"one of: {', '.join(get_args(hint))}", each.on)
            yield from _callable(looked, place, each.shows, arguments)
    names = [module.__name__.split(".")[1] for module in pages.SLICES]
    studio = pack_pages.studio_of([], (), looked.hooks, taken=names)
    for template in studio.environment.list_templates(extensions=["html"]):
        if template.startswith(f"{looked.name}/"):
            try:
                studio.environment.get_template(template)
            except TemplateSyntaxError as error:
                file = f"templates/{template.partition('/')[2]}:{error.lineno}"
                yield PackProblem(looked.name, f"template {template!r}", f"cannot be read: {error.message}", "", file)


def demonstration(looked: Looked) -> Problems:
    """Its company is one, and its customers are of kinds that the pack knows."""
    company = looked.hooks.demonstration()
    if company is None:
        return
    if not isinstance(company, Demonstration):
        yield looked.wrong("hook 'demonstration'", f"answers {type(company).__name__}, not a Demonstration")
        return
    for problem in misfits_in(company, Demonstration):
        yield looked.wrong(f"demonstration: {problem.path}", f"is {problem.value!r}: {problem.rule}", "", problem.value)
    kinds = looked.hooks.value(looked.name).customer_kinds
    for kind in company.kinds:
        if kinds and kind.name not in kinds:
            rule, fix = f"has customers of the kind {kind.name!r}", f"one of: {', '.join(kinds)}"
            yield looked.wrong("demonstration: kinds", rule, fix, kind.name)


def scenarios(looked: Looked) -> Problems:
    """Each story can be read."""
    folder = looked.hooks.scenarios().get(looked.name)
    try:
        if folder is not None:
            scenarios_of(looked.name, folder)
    except (BadScenario, msgspec.DecodeError) as error:
        yield PackProblem(looked.name, "scenarios:", str(error), "see docs/scenarios.md", "scenarios")


def permissions(looked: Looked) -> Problems:
    """Each is called as the pack's own, and says in both languages what it permits."""
    texts = looked.hooks.value(looked.name).texts
    for name, each in looked.hooks.permissions().items():
        if re.fullmatch(rf"{looked.name}:[a-z_]+", name) is None:
            yield looked.wrong(f"permission {name!r}", "is not the pack's own", f"{looked.name}:<word>", name)
        if unknown := set(each.roles) - BUILT_IN:
            yield looked.wrong(f"permission {name!r}", f"is of no role: {', '.join(sorted(unknown))}", "", *unknown)
        if (key := f"permission.{name.replace(':', '.')}") not in texts:
            yield looked.wrong("texts", f"has no {key!r}", "say it in both languages", name)


def pure_hooks(looked: Looked) -> Problems:
    """Whatever is asked while somebody waits is a plain function: one that has to be awaited would answer nothing."""
    for hook in ("suggest_level", "objections", "derived_measures"):
        function = looked.implementation(hook)
        if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
            yield looked.wrong(
                f"hook {hook!r}", "is async or a generator", "a plain `def`; a job or reaction may wait", hook
            )


def _callable(looked: Looked, place: str, function: Any, arguments: int) -> Problems:
    called = getattr(function, "__name__", "?")
    if not inspect.iscoroutinefunction(function):
        yield looked.wrong(place, f"is done by {called!r}, which is no `async def`", "async def", called)
        return
    try:
        inspect.signature(function).bind(*range(arguments))
    except TypeError:
        yield looked.wrong(place, f"is done by {called!r}, which does not take {arguments} arguments", "", called)


LOOKS = (
    answers,
    permissions,
    tables,
    changes,
    routes,
    jobs,
    events,
    figures,
    imports,
    reactions,
    pages_and_panels,
    demonstration,
    scenarios,
    pure_hooks,
)
