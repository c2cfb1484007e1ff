"""Where slices register what they do when something happens elsewhere, by the module and the name that keep it."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import msgspec
from msgspec import Struct

# A module-level list or dict of the product is one of these, or of NO_REGISTRIES with its reason; a test says so.
REGISTRIES = {
    ("guibin.events", "_listeners"): "listener of events",
    ("guibin.notices.actions", "_on_notice"): "listener of notices",
    ("guibin.profiles.reactions", "_on_assigned"): "listener of assignments",
    ("guibin.profiles.reactions", "_on_consent"): "listener of consents",
    ("guibin.profiles.reactions", "_on_order"): "listener of orders",
    ("guibin.profiles.handing_over", "_charges"): "work handed over",
    ("guibin.profiles.handing_over", "_on_dissolution"): "listener of dissolved units",
    ("guibin.profiles.handing_over", "_on_leaving"): "what ends with whoever leaves",
    ("guibin.approvals.actions", "_callbacks"): "what follows a decision about",
    ("guibin.messages.subjects", "_subjects"): "subject of messages",
}
NO_REGISTRIES = {
    ("guibin.events", "_loaded"): "whether the reactions have been imported",
    ("guibin.events", "_kinds_by_event"): "reactions, which are taken out one by one by their job kind",
    ("guibin.jobs.kinds", "_handlers"): "who does a job, not whether it comes about",
    ("guibin.policies.queries", "_spans"): "a cache",
    ("guibin_tenants.keyring", "_tenant_keys"): "a cache",
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
        registry = getattr(import_module(self.module), self.name)
        if isinstance(registry, list):
            registry.remove(self.key)
        else:
            del registry[self.key]

    def replace(self, wrapped: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        """Put something around each function of it."""
        registry = getattr(import_module(self.module), self.name)
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
        registry = getattr(import_module(module), name)
        labels: dict[str, int] = {}
        for key in registry:
            value = key if isinstance(registry, list) else registry[key]
            function = _function_of(value)
            label = f"{title}: {_said(function) if isinstance(registry, list) else key}"
            labels[label] = labels.get(label, 0) + 1
            number = f" ({labels[label]})" if labels[label] > 1 else ""
            found.append(Entry(module, name, key, label + number, function))
    return found


def _function_of(value: Any) -> Callable[..., Any]:
    if isinstance(value, Struct):
        return next(found for name in value.__struct_fields__ if callable(found := getattr(value, name)))
    return value  # type: ignore[no-any-return]  # a registry holds functions


def _said(function: Callable[..., Any]) -> str:
    # Made by a factory, such as `charge_cases`: its closure says for which table.
    held = (cell.cell_contents for cell in function.__closure__ or ())
    made_for = [str(one.table) for one in held if hasattr(one, "table")]
    said = f"{function.__module__.removeprefix('guibin.')}.{function.__name__}"
    return f"{said} of {', '.join(made_for)}" if made_for else said
