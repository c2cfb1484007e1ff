"""Packs: found by entry point, checked at the start, and called per tenant. The only module that calls pluggy."""

import copy
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from difflib import get_close_matches
from functools import lru_cache
from importlib.abc import Traversable
from importlib.metadata import EntryPoint, entry_points, version
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol, get_type_hints
from uuid import UUID

import msgspec
import pluggy
from msgspec import Struct
from piccolo.table import Table

from guibin_tenants.above import FromAbove
from guibin_tenants.changes import Change, Schema
from guibin_tenants.principals import AUDITING, PERMISSIONS, Principal, wall_display
from guibin_tenants.refusals import Invalid, Refusal, Unavailable
from guibin_tenants.tables import TenantTable

from . import hookspecs
from .hookspecs import (
    PURE,
    ComplaintDraft,
    LevelSuggestion,
    Measure,
    PackColumn,
    PackFigure,
    PackImport,
    PackJob,
    PackPage,
    PackPermission,
    Panel,
    Proposal,
    Reaction,
    Tile,
    fit,
)
from .policy.codec import misfits
from .policy.demonstrations import Demonstration
from .policy.packs import Pack
from .policy.problems import PackProblem, PolicyProblem
from .policy.releases import fits
from .policy.validation import validate
from .watch import pins
from .watch.hook_child import answer_all
from .watch.hook_processes import Processes
from .watch.hook_runs import HookRuns
from .watch.sources import line_of, raised_at

if TYPE_CHECKING:
    from litestar import Controller


class Scripted(Protocol):
    """The scripts that the company of the open scope wrote for the pure hooks."""

    async def has(self, hook: str) -> bool:
        """Whether any is for the hook."""

    async def ask(self, hook: str, about: UUID | None, **arguments: Any) -> list[Any]:
        """Their answers, without those of scripts that fail; a refusal where an objection cannot be heard."""


SCRIPTS: FromAbove[Callable[[datetime], Scripted]] = FromAbove("companies' scripts")
GROUP = "guibin.packs"
# Below it, under the pack's name, lie the routes of each.
ROUTES = "/api/v1/packs/"
# A module of a pack that is not read by then is never read.
LOADED_WITHIN_S = 20.0
# The option of a handler that names the pack whose it is; the start sets it.
PACK = "pack"


class BadPack(Exception):
    """A pack is misspelt, clashes with another or contradicts itself; it does not start. `problems` says all that is wrong."""

    def __init__(self, *said: PackProblem | str) -> None:
        super().__init__("; ".join(map(str, said)))
        self.problems = tuple(one for one in said if isinstance(one, PackProblem))


class PutAside(Unavailable):
    """This industry pack is put aside: it could not start, and whoever operates the service has to mend it."""

    kind = "pack-put-aside"


class HookFailed(Refusal):
    """An industry pack failed."""

    kind = "pack-failed"


class Objected(Refusal):
    """The industry pack objects."""


class Packs:
    """All installed packs. Raises BadPack for anything a start should not survive.

    `aside` are installed, too, and could not start: why. Companies that have one go on without what it brings.
    """

    def __init__(
        self, plugins: Mapping[str, object], *, aside: Mapping[str, tuple[PackProblem, ...]] | None = None
    ) -> None:
        self.aside = dict(aside or {})
        self._plugins = _manager()
        self._values: dict[str, Pack] = {}
        self.runs = HookRuns()
        for name, plugin in sorted(plugins.items()):
            self._register(name, plugin)
        self._refuse_clashing_tables()
        self._refuse_foreign_routes()
        self._relays = lru_cache(maxsize=256)(self._relay)

    @property
    def names(self) -> tuple[str, ...]:
        """Every installed pack, sorted."""
        return tuple(self._values)

    def started(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of the names that are not put aside."""
        return tuple(name for name in names if name not in self.aside)

    def value(self, name: str) -> Pack:
        """The pack as a value. Raises PutAside, and Invalid for an unknown name."""
        if name in self.aside:
            raise PutAside(f"{name}: see `guibin pack list --health`")
        try:
            return self._values[name]
        except KeyError:
            known = ", ".join(self._values) or "none is installed"
            raise Invalid.at("pack", "an installed pack", f"one of: {known}", name) from None

    def with_value(self, value: Pack) -> "Packs":
        """The same packs, the one of this name with another value, which nobody checks: how a check takes a part out."""
        other = copy.copy(self)
        other._values = self._values | {value.name: value}
        other._relays = lru_cache(maxsize=256)(other._relay)
        return other

    def hooks_of(self, names: Iterable[str]) -> "Hooks":
        """What a tenant with these packs calls. Packs it has not enabled are never run for it."""
        return self._relays(tuple(sorted(set(names))))

    def run_apart(self) -> "Packs":
        """Run pure hooks in processes of each pack's own, where another process can read the pack."""
        for name in self._values:
            plugin = self._plugins.get_plugin(name)
            pure = any(hasattr(getattr(plugin, hook, None), f"{hookspecs.PROJECT}_impl") for hook in PURE)
            if pure and isinstance(plugin, ModuleType) and sys.modules.get(plugin.__name__) is plugin:
                self.runs.processes[name] = Processes(plugin.__name__, _ANSWERS_HOOKS)
        return self

    def plugin(self, name: str) -> object:
        """What implements the pack."""
        return self._plugins.get_plugin(name)

    def tables(self, names: Iterable[str] | None = None) -> tuple[type[Table], ...]:
        """The packs' own tables."""
        return self.hooks_of(self.names if names is None else names).tables()

    def schemas(self, names: Iterable[str] | None = None) -> tuple[Schema, ...]:
        """The packs' own tables with their numbered changes, pack by pack."""
        chosen = {name: self.hooks_of((name,)) for name in sorted(set(self.names if names is None else names))}
        return tuple(Schema(name, hooks.tables(), hooks.changes()) for name, hooks in chosen.items())

    def put_aside(self, problems: Iterable[PackProblem]) -> None:
        """Go on without these packs: what was found out only now keeps them from working."""
        for problem in problems:
            self._values.pop(problem.pack, None)
            self.runs.processes.pop(problem.pack, None)
            self.aside[problem.pack] = (*self.aside.get(problem.pack, ()), problem)
        self._relays.cache_clear()

    def _register(self, name: str, plugin: object) -> None:
        if isinstance(plugin, Unloaded):
            raise BadPack(plugin.problem)
        for attribute in dir(plugin):
            marked = getattr(getattr(plugin, attribute, None), f"{hookspecs.PROJECT}_impl", None)
            if marked is not None and attribute not in _HOOKS:
                known = ", ".join(get_close_matches(attribute, _HOOKS, n=1) or _HOOKS)
                raise _bad(name, plugin, f"the hook {attribute!r}", "does not exist", f"there is {known}")
        try:
            self._plugins.register(plugin, name)
            self._plugins.check_pending()
        except pluggy.PluginValidationError as error:
            said = str(error).strip().partition("\n")
            raise _bad(name, plugin, "its hooks:", said[2] or said[0], "see docs/hooks.md") from error
        implementation = getattr(plugin, "pack", None)
        if implementation is None:
            raise _bad(name, plugin, "it", "has no `pack` hook that returns its value", "see docs/writing-a-pack.md")
        value = implementation()
        if not isinstance(value, Pack):
            raise _bad(name, plugin, "`pack`", f"returned {type(value).__name__}, not a Pack")
        if value.name != name:
            raise _bad(name, plugin, "it", f"calls itself {value.name!r}: the entry point and the value must agree")
        problems = tuple(misfits(value)) or (*_misfit_release(value), *validate(value))
        if problems:
            raise BadPack(*(_told(name, plugin, problem) for problem in problems))
        self._values[name] = value

    def _refuse_clashing_tables(self) -> None:
        owners: dict[str, str] = {}
        for name in self._values:
            plugin = self._plugins.get_plugin(name)
            for table in Hooks(self._plugins, (name,)).tables():
                label = table._meta.tablename
                if not issubclass(table, TenantTable):
                    raise _bad(name, plugin, f"table {label!r}", "must be a TenantTable")
                if not label.startswith(f"{name}_"):
                    raise _bad(name, plugin, f"table {label!r}", f"must be called {name}_{label}")
                if label in owners:
                    raise _bad(name, plugin, f"packs {owners[label]!r} and {name!r}", f"both bring a table {label!r}")
                owners[label] = name

    def _refuse_foreign_routes(self) -> None:
        for name in self._values:
            plugin = self._plugins.get_plugin(name)
            for controller in Hooks(self._plugins, (name,)).controllers():
                path, own = f"/{str(vars(controller).get('path', '')).strip('/')}/", f"{ROUTES}{name}/"
                place = f"controller {controller.__name__}:"
                if not path.startswith(own):
                    raise _bad(name, plugin, place, f"its path {path!r} must lie under {own}")
                handlers = (getattr(each, "opt", None) for each in vars(controller).values())
                if any(PACK in each for each in (vars(controller).get("opt"), *handlers) if isinstance(each, dict)):
                    raise _bad(name, plugin, place, f"the option {PACK!r} is not a pack's to set", "leave it out")

    def _relay(self, names: tuple[str, ...]) -> "Hooks":
        there = self.started(names)
        aside = tuple(name for name in names if name in self.aside)
        return Hooks(self._plugins, there, {name: self.value(name) for name in there}, self, aside)


class Hooks:
    """The hooks of one set of packs, one typed function each, answers in the order of the packs' names. `aside` are those of
    the set that could not start."""

    def __init__(
        self,
        plugins: pluggy.PluginManager,
        names: tuple[str, ...],
        values: Mapping[str, Pack] | None = None,
        installed: Packs | None = None,
        aside: tuple[str, ...] = (),
    ) -> None:
        self.names = names
        self.aside = aside
        self._installed = installed
        self._scripts: Scripted | None = None
        self._values = values or {}
        self._permissions: dict[str, PackPermission] | None = None
        self._callers: dict[str, list[tuple[str, Callable[..., Any]]]] = {}
        for name in names:
            plugin = plugins.get_plugin(name)
            for caller in plugins.get_hookcallers(plugin) or ():
                implementation = next(i for i in caller.get_hookimpls() if i.plugin is plugin)
                self._callers.setdefault(caller.name, []).append((name, _by_name(implementation)))

    @property
    def installed(self) -> Packs:
        """All packs of this process, those the company does not have among them."""
        if self._installed is None:
            raise LookupError("these hooks are of no installed packs")
        return self._installed

    def started(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of the names that are not put aside."""
        return tuple(name for name in names if name not in self.aside)

    def value(self, name: str) -> Pack:
        """One of the company's packs as a value, as it holds for the company."""
        return self._values[name]

    def with_values(self, values: Mapping[str, Pack]) -> "Hooks":
        """The same code, these packs with the values that hold for the company: an upgrade of a pack waits for its decision."""
        if all(self._values.get(name) is value for name, value in values.items()):
            return self
        other = copy.copy(self)
        other._values = {name: values.get(name, value) for name, value in self._values.items()}
        return other

    def waiting(self) -> tuple[str, ...]:
        """Whose installed values are others than those that hold for the company."""
        return tuple(name for name in self.names if self.value(name) is not self.installed.value(name))

    def with_scripts(self, now: datetime) -> "Hooks":
        """The same, and what the company of the open scope wrote itself, asked at this moment."""
        other = copy.copy(self)
        other._scripts = SCRIPTS()(now)
        return other

    async def derived_measures(self, measures: dict[str, int], about: UUID | None) -> tuple[Measure, ...]:
        """All packs' and scripts' derived measures, without those of one that fails. `about` is the customer."""
        found = await self._advised("derived_measures", measures=measures)
        return tuple(
            m for some in (*found, *await self._scripted("derived_measures", about, measures=measures)) for m in some
        )

    async def own_level(self, draft: ComplaintDraft, about: UUID | None) -> LevelSuggestion | None:
        """The first answer of the company's own scripts; one that fails leaves the level to the next, then to packs and the policy.
        `about` is the customer."""
        return next((found for found in await self._scripted("suggest_level", about, draft=draft) if found), None)

    async def suggest_level(self, draft: ComplaintDraft) -> LevelSuggestion | None:
        """The first answer of its packs that is not None; one that fails leaves the level to the next, then to the policy."""
        return next((found for found in await self._advised("suggest_level", draft=draft) if found is not None), None)

    async def has(self, hook: str) -> bool:
        """Whether any pack or script implements the hook, so that nobody prepares questions that no one answers."""
        if hook in self._callers or (hook == "objections" and bool(self.aside)):
            return True
        return self._scripts is not None and await self._scripts.has(hook)

    async def objections(self, proposal: Proposal) -> tuple[str, ...]:
        """Every pack's reasons against it. Raises HookFailed: what cannot be checked does not happen, also while a pack is put aside."""
        found = []
        if self.aside:
            raise HookFailed(f"pack {self.aside[0]!r} is put aside: what it would object to is not known")
        for name, implementation in self._callers.get("objections", ()):
            try:
                found.extend(await self._asked(name, "objections", implementation, proposal=proposal))
            except Refusal:
                raise
            except Exception as error:
                raise HookFailed(f"pack {name!r}, hook 'objections': {type(error).__name__}") from error
        return (*found, *await self._scripted("objections", proposal.subject_id, proposal=proposal))

    async def refuse_objected(self, proposal: Proposal) -> None:
        """Raises Objected with every pack's reasons, and HookFailed."""
        reasons = await self.objections(proposal)
        if reasons:
            raise Objected("; ".join(reasons))

    def permissions(self) -> dict[str, PackPermission]:
        """All packs' permissions by name."""
        if self._permissions is None:
            self._permissions = {one.name: one for found in self._call("permissions") for one in found}
        return self._permissions

    def permissions_of(self, roles: Iterable[str]) -> dict[str, frozenset[str]]:
        """What each of these roles has of the packs' permissions."""
        own = self.permissions().values()
        return {role: frozenset(one.name for one in own if role in one.roles) for role in roles}

    def held_by(self, by: Principal) -> frozenset[str]:
        """What whoever acts may do: the core's permissions as they are, of the packs' those that the company has.

        A person has those of their roles; a key those it names, a person's no more than that one has; a key for everything all,
        and so do operators and the product's own jobs.
        """
        own = self.permissions()
        if wall_display(by) or (not own and by.permissions <= PERMISSIONS):
            return by.permissions
        if by.kind in ("operator", "job"):
            return by.permissions | set(own)
        named = {name for name in by.permissions - PERMISSIONS if name in own}
        roles = {name for name, each in own.items() if set(each.roles) & set(by.roles)}
        if by.kind == "key":
            whole = by.permissions >= PERMISSIONS - AUDITING
            named = (named & roles) if by.owner_id else (set(own) if whole else named)
            roles = set()
        return (by.permissions & PERMISSIONS) | named | roles

    def reactions(self) -> tuple[Reaction, ...]:
        """All packs' reactions."""
        return tuple(reaction for found in self._call("reactions") for reaction in found)

    def events(self) -> tuple[type[Struct], ...]:
        """All packs' own kinds of events."""
        return tuple(event for found in self._call("events") for event in found)

    def figures(self) -> tuple[PackFigure, ...]:
        """All packs' own figures."""
        return tuple(figure for found in self._call("figures") for figure in found)

    def imports(self) -> tuple[PackImport, ...]:
        """All packs' own kinds of rows in files."""
        return tuple(kind for found in self._call("imports") for kind in found)

    def demonstration(self) -> Demonstration | None:
        """The first pack's demonstration company."""
        return next(iter(self._call("demonstration")), None)

    def jobs(self) -> tuple[PackJob, ...]:
        """All packs' job kinds."""
        return tuple(job for found in self._call("jobs") for job in found)

    def controllers(self) -> "tuple[type[Controller], ...]":
        """All packs' controllers."""
        return tuple(controller for found in self._call("controllers") for controller in found)

    def controllers_of(self) -> "tuple[tuple[str, type[Controller]], ...]":
        """The same, each with its pack's name."""
        return tuple((name, controller) for name, found in self._named("controllers") for controller in found)

    def tables(self) -> tuple[type[Table], ...]:
        """All packs' tables."""
        return tuple(table for found in self._call("tables") for table in found)

    def changes(self) -> tuple[Change, ...]:
        """All packs' changes of their tables."""
        return tuple(change for found in self._call("changes") for change in found)

    def templates(self) -> dict[str, Traversable]:
        """Where each pack keeps what its pages and panels are made of."""
        return dict(self._named("templates"))

    def scenarios(self) -> dict[str, Traversable]:
        """Where each pack keeps the stories that prove it."""
        return dict(self._named("scenarios"))

    def pages(self) -> tuple[tuple[str, PackPage], ...]:
        """All packs' pages, each with its pack's name."""
        return tuple((name, page) for name, found in self._named("pages") for page in found)

    def panels(self) -> tuple[tuple[str, Panel], ...]:
        """All packs' panels, each with its pack's name."""
        return tuple((name, panel) for name, found in self._named("panels") for panel in found)

    def tiles(self) -> tuple[tuple[str, Tile], ...]:
        """All packs' tiles, each with its pack's name."""
        return tuple((name, tile) for name, found in self._named("tiles") for tile in found)

    def columns(self) -> tuple[tuple[str, PackColumn], ...]:
        """All packs' columns, each with its pack's name."""
        return tuple((name, column) for name, found in self._named("columns") for column in found)

    async def _scripted(self, hook: str, about: UUID | None, **arguments: Any) -> list[Any]:
        return [] if self._scripts is None else await self._scripts.ask(hook, about, **arguments)

    async def _advised(self, hook: str, **arguments: Any) -> list[Any]:
        """Every pack's answer, without those that fail: they are logged, and the action goes on."""
        answers = []
        for name, implementation in self._callers.get(hook, ()):
            try:
                answers.append(await self._asked(name, hook, implementation, **arguments))
            except Refusal:
                raise
            except Exception:
                # Logged and counted where it ran.
                continue
        return answers

    async def _asked(self, name: str, hook: str, implementation: Callable[..., Any], **arguments: Any) -> Any:
        runs = self.installed.runs

        def function(**given: Any) -> Any:
            return fit(hook, implementation(**given))

        answer = await runs.ask(name, hook, function, arguments)
        if name not in runs.processes:
            return answer
        try:
            return msgspec.convert(answer, PURE[hook])
        except msgspec.ValidationError as error:
            wrong = TypeError(f"the answer is none: {error}")
            runs.failed(name, hook, wrong)
            raise wrong from error

    def _call(self, hook: str, **arguments: Any) -> list[Any]:
        return [answer for _, answer in self._named(hook, **arguments)]

    def _named(self, hook: str, **arguments: Any) -> list[tuple[str, Any]]:
        answers = []
        for name, implementation in self._callers.get(hook, ()):
            try:
                answers.append((name, implementation(**arguments)))
            except Refusal:
                raise
            except Exception as error:
                raise HookFailed(f"pack {name!r}, hook {hook!r}: {type(error).__name__}") from error
        return answers


_ANSWERS_HOOKS = "import sys; from guibin.packs import answer_hooks; answer_hooks(sys.argv[1])"
_HOOKS = sorted(name for name, each in vars(hookspecs).items() if hasattr(each, f"{hookspecs.PROJECT}_spec"))
NO_HOOKS = Hooks(pluggy.PluginManager(hookspecs.PROJECT), ())
"""Those of a company without packs."""


class Unloaded(Struct, frozen=True):
    """A pack that could not even be imported, and why."""

    problem: PackProblem


def installed() -> dict[str, object]:
    """The plugins that installed distributions declare under the entry-point group `guibin.packs`, by name; Unloaded for one that
    cannot be imported, whose name is taken, or that is not the one the operator means."""
    found: dict[str, object] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        if entry.name in found:
            problem = PackProblem(entry.name, "the name", "is that of two installed packs", "uninstall one of them")
            found[entry.name] = Unloaded(problem)
        else:
            found[entry.name] = _not_meant(entry) or loaded(entry)
    return found


def _not_meant(entry: EntryPoint) -> Unloaded | None:
    if pins.asked():
        try:
            pins.check(entry)
        except pins.NotPinned as error:
            return Unloaded(PackProblem(entry.name, error.place, error.rule, error.fix))
    return None


def loaded(entry: EntryPoint) -> object:
    """The plugin; Unloaded when importing it fails in whatever way, or does not end."""
    outcome: list[object] = []

    def load() -> None:
        try:
            outcome.append(entry.load())
        except BaseException as error:  # whatever a pack does at its import, it does to itself
            outcome.append(Unloaded(raised(entry.name, None, "its import", error)))

    thread = threading.Thread(target=load, name=f"import {entry.name}", daemon=True)
    thread.start()
    thread.join(LOADED_WITHIN_S)
    if outcome:
        return outcome[0]
    late = PackProblem(entry.name, "its import", f"takes longer than {LOADED_WITHIN_S:.0f} s", "do nothing at import")
    return Unloaded(late)


def raised(name: str, plugin: object, place: str, error: BaseException) -> PackProblem:
    """What the pack raised at this place, as its problem; whoever stops the process is heard."""
    cause = error.__cause__ if isinstance(error, HookFailed) and error.__cause__ else error
    if isinstance(cause, KeyboardInterrupt):
        raise cause
    said = " ".join(str(cause).split())[:300]
    file = raised_at(plugin, cause)
    return PackProblem(name, place, f"raises {type(cause).__name__}: {said}".rstrip(": "), "mend that line", file)


def answer_hooks(module: str) -> None:
    """Be the process in which the pure hooks of this pack run."""
    answer_all(module, _asking)


def _asking(plugin: object) -> Callable[[str, dict[str, Any]], Any]:
    """How one pack's hooks are asked, as `Hooks` does, by arguments that are plain values."""
    plugins = _manager()
    plugins.register(plugin, hookspecs.PROJECT)
    callers = Hooks(plugins, (hookspecs.PROJECT,))._callers

    def ask(hook: str, arguments: dict[str, Any]) -> Any:
        ((_, implementation),) = callers[hook]
        kinds = get_type_hints(getattr(hookspecs, hook))
        return implementation(**{name: msgspec.convert(value, kinds[name]) for name, value in arguments.items()})

    return ask


def _manager() -> pluggy.PluginManager:
    plugins = pluggy.PluginManager(hookspecs.PROJECT)
    plugins.add_hookspecs(hookspecs)
    return plugins


def _misfit_release(pack: Pack) -> Iterator[PolicyProblem]:
    here = version("guibin")
    try:
        if not fits(pack.core, here):
            yield PolicyProblem("core", pack.core, f"this is Guibin {here}", "install a release of the pack for it")
    except ValueError as error:
        yield PolicyProblem("core", pack.core, str(error))


def _bad(name: str, plugin: object, place: str, rule: str, fix: str = "") -> BadPack:
    words = re.findall(r"'([^']+)'", f"{place} {rule}")
    return BadPack(PackProblem(name, place, rule, fix, line_of(plugin, *words)))


def _told(name: str, plugin: object, problem: PolicyProblem) -> PackProblem:
    """A problem of the value, with the line that its words stand on."""
    parts = [part.partition("[")[0] for part in problem.path.split(".")]
    file = line_of(plugin, problem.value, *reversed(parts[1:]))
    return PackProblem(name, problem.path, f"is {problem.value!r}: {problem.rule}", problem.fix, file)


def _by_name(implementation: pluggy.HookImpl) -> Callable[..., Any]:
    names = implementation.argnames
    return lambda **arguments: implementation.function(*(arguments[name] for name in names))
