"""The three workstreams of serving important customers, and which parts of the policy belong to each (S01-3)."""

from collections.abc import Iterator

from msgspec import Struct

from .words import Clause, Named

# What describes the policy itself rather than the work.
ASIDE = frozenset({"version", "packs", "enabled_schemes", "posts", "texts", "kpis", "workstreams"})


class Workstream(Struct, frozen=True, forbid_unknown_fields=True):
    """`parts` of the policy and figures: all of `figure_kinds` and each of `figures`, which wins over its kind.

    Its title is the text `workstream.<name>`.
    """

    name: Named
    parts: tuple[Named, ...]
    figure_kinds: tuple[Named, ...] = ()
    figures: tuple[Named, ...] = ()
    clause: Clause = ""

    def named_texts(self) -> Iterator[str]:
        """Its title."""
        yield f"workstream.{self.name}"


WORKSTREAMS = (
    Workstream(
        "identification",
        parts=(
            "customer_kinds",
            "organisations",
            "archive_rules",
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
            "cadences",
            "reviews",
            "registers",
            "relationships",
            "questions",
            "visits",
            "plans",
            "care",
            "messages",
            "surveys",
        ),
        figure_kinds=("retention",),
        figures=("cadence_met", "reviews_done", "visits_made"),
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
        ),
        figure_kinds=("service", "complaints"),
        clause="S01-3",
    ),
)
