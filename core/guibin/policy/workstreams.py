"""The three workstreams of serving important customers, and which parts of the policy belong to each (S01-3)."""

from collections.abc import Collection, Sequence
from typing import ClassVar

from msgspec import Struct

from .checking import Problems
from .problems import PolicyProblem
from .words import Clause, Named

# What describes the policy itself, or who is watched, rather than the work.
ASIDE = frozenset(
    {
        "version",
        "packs",
        "enabled_schemes",
        "switched_off",
        "posts",
        "parts",
        "texts",
        "kpis",
        "workstreams",
        "unusual_looks",
        "emergency",
    }
)


class Workstream(Struct, frozen=True, forbid_unknown_fields=True):
    """`parts` of the policy and figures: all of `figure_kinds` and each of `figures`, which wins over its kind.

    Its title is the text `workstream.<name>`.
    """

    titled: ClassVar = "workstream"
    name: Named
    parts: tuple[Named, ...]
    figure_kinds: tuple[Named, ...] = ()
    figures: tuple[Named, ...] = ()
    clause: Clause = ""


def spread(workstreams: Sequence[Workstream], parts: Collection[str]) -> Problems:
    """That each of `parts` of the policy is the work of exactly one of them."""
    named = [part for stream in workstreams for part in stream.parts]
    for part in sorted({*parts, *named}):
        if part not in parts:
            yield PolicyProblem("workstreams", part, "a part of the policy", f"one of {sorted(parts)}")
        elif named.count(part) != 1:
            rule = f"in exactly one workstream, it is in {named.count(part)}"
            yield PolicyProblem("workstreams", part, rule, "name it in policy/workstreams.py")


WORKSTREAMS = (
    Workstream(
        "identification",
        parts=(
            "customer_kinds",
            "organisations",
            "archive_rules",
            "closing",
            "fields",
            "forms",
            "settings",
            "schemes",
            "approvals",
            "cards",
            "proofs",
        ),
        figure_kinds=("tiers",),
        clause="S01-3",
    ),
    Workstream(
        "relationship",
        parts=(
            "activities",
            "invitations",
            "topics",
            "materials",
            "cadences",
            "reviews",
            "registers",
            "relationships",
            "plan_reviews",
            "questions",
            "visits",
            "plans",
            "care",
            "messages",
            "surveys",
            "signals",
        ),
        figure_kinds=("retention",),
        figures=("cadence_met", "vips_invited", "reviews_done", "visits_made"),
        clause="S01-3",
    ),
    Workstream(
        "service",
        parts=(
            "service_items",
            "service_rhythms",
            "entitlements",
            "head_starts",
            "complaints",
            "department_tasks",
            "reception",
            "hotline",
            "inspections",
            "duties",
            "department_contacts",
            "automations",
            "qualifications",
        ),
        figure_kinds=("service", "complaints"),
        clause="S01-3",
    ),
)
