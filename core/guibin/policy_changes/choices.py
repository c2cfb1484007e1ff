"""What a field of the policy may name: roles and posts, tiers, flows, items, by what the field is called."""

from collections.abc import Callable, Iterable

from guibin.console.forms import Choice
from guibin.console.shell import Shell
from guibin.policy.criteria import VALUE_SCORE
from guibin.policy.packs import Policy
from guibin.policy.posts import ROLES
from guibin.policy.texts import Text

from .wording import choice_title, name_title, word

Named = Callable[[Policy], Iterable[str]]


def _roles(policy: Policy) -> Iterable[str]:
    return (*sorted(ROLES), *(post.name for post in policy.posts))


def _tiers(policy: Policy) -> Iterable[str]:
    return (tier.name for scheme in policy.schemes for tier in scheme.tiers)


def _flows(policy: Policy) -> Iterable[str]:
    return (flow.name for flow in policy.approvals)


def _items(policy: Policy) -> Iterable[str]:
    return (item.name for item in policy.service_items)


def _kinds(policy: Policy) -> Iterable[str]:
    return policy.customer_kinds


def _forms(policy: Policy) -> Iterable[str]:
    return (form.name for form in policy.forms)


def _schemes(policy: Policy) -> Iterable[str]:
    return (scheme.name for scheme in policy.schemes)


def _metrics(policy: Policy) -> Iterable[str]:
    return (metric.name for scheme in policy.schemes for metric in scheme.metrics)


def _levels(policy: Policy) -> Iterable[str]:
    return (level.name for level in policy.complaints.levels)


_OFFERS: dict[str, tuple[str, Named]] = {
    **dict.fromkeys(
        (
            "role",
            "others",
            "applicants",
            "posts",
            "concerns",
            "told",
            "tell",
            "roles",
            "warned_roles",
            "told_of_success",
            "leadership",
            "reviewed_by",
            "written_by",
            "planned_by",
            "recognised_by",
            "centre",
            "report_to",
        ),
        ("role", _roles),
    ),
    **dict.fromkeys(("tier", "tiers", "first_tiers"), ("tier", _tiers)),
    **dict.fromkeys(
        ("approval", "list_approval", "indicator_approval", "quantity_approval", "plan_approval"),
        ("approval", _flows),
    ),
    **dict.fromkeys(("item", "items"), ("service_item", _items)),
    **dict.fromkeys(("customer_kinds", "kinds"), ("customer_kind", _kinds)),
    **dict.fromkeys(("form", "asks"), ("form", _forms)),
    "scheme": ("scheme", _schemes),
    "metric": ("metric", _metrics),
    "default_level": ("complaint_level", _levels),
}


def offered(field: str, shell: Shell, literals: tuple[str, ...], held: tuple[str, ...]) -> tuple[Choice, ...]:
    """What may stand there, and what stands there already; nothing where anything may."""
    if literals:
        return tuple(
            Choice(value, choice_title(value).in_language(shell.language))
            for value in dict.fromkeys((*(one for one in held if one in literals), *literals))
        )
    if field not in _OFFERS:
        return ()
    kind, names = _OFFERS[field]
    known = dict.fromkeys((*held, *names(shell.act.policy)))
    return tuple(Choice(name, title_of(kind, name, shell) or name) for name in known)


def title_of(kind: str, name: str, shell: Shell) -> str:
    """What something of this kind and name is called, empty where it is called nothing."""
    if kind == "role":
        return shell.post(name)
    if kind == "metric" and name == VALUE_SCORE:
        return word("document", VALUE_SCORE).in_language(shell.language)
    found: Text | None = name_title(kind, name, shell.act.policy)
    return found.in_language(shell.language) if found else ""
