"""Where slices register what they do when something happens elsewhere, by the module and the name that keep it."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import msgspec
from msgspec import Struct

from guibin_tenants.above import FromAbove

# A module-level list or dict of the product is one of these, or of NO_REGISTRIES with its reason; a test says so.
REGISTRIES = {
    ("guibin.events", "_listeners"): "listener of events",
    ("guibin.events", "_at_once"): "at once",
    ("guibin.cases.subjects", "CUSTOMERS_OF"): "whose is a",
    ("guibin.notices.actions", "SENT_ON"): "sender of notices",
    ("guibin.assignments.handing_over", "_charges"): "work handed over",
    ("guibin.messages.subjects", "SUBJECTS"): "subject of messages",
}
NO_REGISTRIES = {
    ("guibin.events", "_loaded"): "whether the reactions have been imported",
    ("guibin.events", "_kinds_by_event"): "reactions, which are taken out one by one by their job kind",
    ("guibin.jobs.kinds", "_handlers"): "who does a job, not whether it comes about",
    ("guibin.policies.queries", "_spans"): "a cache",
    (
        "guibin.policies.queries",
        "CORE_EVENTS",
    ): "which events there are: tests/core/automations/test_automations.py misspells one",
    ("guibin_tenants.keyring", "_tenant_keys"): "a cache",
    ("guibin_tenants.cells", "_cells"): "what the setting names",
    ("guibin_tenants.placement", "_places"): "a cache",
    ("guibin_tenants.placement", "_slugs"): "a cache",
    (
        "guibin.catalog",
        "CHANGES",
    ): "the core's numbered changes, tried on a former release: tests/isolation/test_former_releases.py",
    ("guibin.files.subjects", "_holders"): "who has files: taken out, its addresses are not there",
    ("guibin.console.lists", "TABLES"): "which lists have views: taken out, theirs are not there",
    ("guibin.cases.followed", "FOLLOWED"): "what streams follow: tests/app/test_stream.py names each",
    ("guibin.notices.actions", "INBOX_CHANGED"): "whether somebody's pages look again",
    ("guibin.audit.actions", "ON_ENTRY"): "whether pages look again at an entry",
    (
        "guibin.profiles.closing",
        "OPEN_CASES",
    ): "what keeps an archive open: tests/core/profiles/test_closing.py tries each",
    (
        "guibin.sla.closing",
        "RUNS_ON",
    ): "which clocks go on without the customer: tests/attacks/test_ended_clocks.py goes through every matter",
    ("guibin.profiles.merging", "DIFFERENCES"): "what both archives have: tests/core/profiles/test_merging.py tries it",
    (
        "guibin.periods.counts",
        "COUNTED_ABOVE",
    ): "what reports count of rooms above: tests/core/signals/test_signals.py asks for each",
    (
        "guibin.assignments.handing_over",
        "_waiting",
    ): "what a unit's dissolution says beforehand: tests/core/people/test_units.py",
    ("guibin.profiles.sheet_rows", "DERIVED"): "columns of a file that are computed",
    (
        "guibin.tiers.clocks",
        "_FOLLOWED",
    ): "whose clocks follow a move of tier: tests/core/tiers/test_clocks.py tries each",
    ("guibin.complaints.levels", "SUGGESTING"): "who suggests levels: tests/core/automations tries it",
    ("guibin.scripts.asking", "_known"): "a cache",
    ("guibin.events", "_of_packs"): "kinds of events of packs: tests/third_party/test_pack_declarations.py",
    ("guibin.insight.figures", "OF_PACKS"): "figures of packs: tests/third_party/test_pack_declarations.py",
    ("guibin.sign_ins.steps", "_kept"): "a cache",
}


class Entry(Struct, frozen=True):
    """One thing registered: `key` is its place, a name or the function itself; `label` tells it from its neighbours."""

    module: str
    name: str
    key: Any
    label: str
    function: Callable[..., Any]

    def take_out(self) -> None:
        """As if it had never been registered."""
        registry = _registry(self.module, self.name)
        if isinstance(registry, list):
            registry.remove(self.key)
        else:
            del registry[self.key]

    def replace(self, wrapped: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        """Put something around each function of it."""
        registry = _registry(self.module, self.name)
        if isinstance(registry, list):
            registry[registry.index(self.key)] = wrapped(self.key)
            return
        value = registry[self.key]
        if isinstance(value, Struct):
            functions = {name: found for name in value.__struct_fields__ if callable(found := getattr(value, name))}
            registry[self.key] = msgspec.structs.replace(value, **{name: wrapped(f) for name, f in functions.items()})
        else:
            registry[self.key] = wrapped(value)


def entries() -> list[Entry]:
    """All that is registered once every slice has been imported."""
    import_module("guibin.timetable")
    import_module("guibin.app.routes")
    found = []
    for (module, name), title in REGISTRIES.items():
        registry = _registry(module, name)
        labels: dict[str, int] = {}
        for key in registry:
            value = key if isinstance(registry, list) else registry[key]
            function = _function_of(value)
            label = f"{title}: {_said(function) if isinstance(registry, list) else _place(key)}"
            labels[label] = labels.get(label, 0) + 1
            number = f" ({labels[label]})" if labels[label] > 1 else ""
            found.append(Entry(module, name, key, label + number, function))
    return found


def _registry(module: str, name: str) -> Any:
    kept = getattr(import_module(module), name)
    return kept._given if isinstance(kept, FromAbove) else kept


def _function_of(value: Any) -> Callable[..., Any]:
    if isinstance(value, Struct):
        return next(found for name in value.__struct_fields__ if callable(found := getattr(value, name)))
    return value  # type: ignore[no-any-return]  # a registry holds functions


def _place(key: Any) -> str:
    # A name, or what is heard of, about what, and by which function.
    return " ".join(part.removeprefix("guibin.") for part in key if part) if isinstance(key, tuple) else key


def _said(function: Callable[..., Any]) -> str:
    # Made by a factory, such as `charge_cases`: its closure says for which table.
    held = (cell.cell_contents for cell in function.__closure__ or ())
    made_for = [str(one.table) for one in held if hasattr(one, "table")]
    said = f"{function.__module__.removeprefix('guibin.')}.{function.__name__}"
    return f"{said} of {', '.join(made_for)}" if made_for else said
