"""What hotline, activities, head starts, consequences and workstreams must agree on with the rest of a policy."""

from collections.abc import Iterable, Iterator

from . import consequence_validation, hotline_validation
from .activities import ActivityKind
from .packs import Pack, Policy
from .problems import PolicyProblem
from .workstreams import ASIDE

COMPANIONS_MAX = 20
HOURS_MAX = 24 * 366


def problems(policy: Pack | Policy) -> Iterator[PolicyProblem]:
    """Everything wrong; nothing when all is well."""
    items = {item.name for item in policy.service_items}
    for kind in policy.activities:
        yield from _kind(kind, items)
    tiers = {(scheme.name, tier.name) for scheme in policy.schemes for tier in scheme.tiers}
    for start in policy.head_starts:
        path = f"head_starts.{start.tier}"
        if (start.scheme, start.tier) not in tiers:
            yield PolicyProblem(path, f"{start.scheme}/{start.tier}", "a tier of a scheme")
        if not 0 < start.hours <= HOURS_MAX:
            yield PolicyProblem(path, str(start.hours), f"1 to {HOURS_MAX} hours")
    if policy.hotline:
        yield from hotline_validation.problems(policy.hotline, policy.schemes, policy.texts)
    yield from consequence_validation.problems(policy)
    if isinstance(policy, Policy):
        yield from _workstreams(policy)


def wanted_texts(policy: Pack | Policy) -> Iterable[str]:
    """Every text these parts need."""
    for kind in policy.activities:
        yield f"activity_kind.{kind.name}"
        yield from (f"survey_question.{question}" for question in kind.feedback)
    if policy.hotline:
        yield from hotline_validation.wanted_texts(policy.hotline)
    yield from consequence_validation.wanted_texts(policy)
    yield from (f"workstream.{stream.name}" for stream in policy.workstreams)


def _kind(kind: ActivityKind, items: set[str]) -> Iterator[PolicyProblem]:
    path = f"activities.{kind.name}"
    if kind.item and kind.item not in items:
        yield PolicyProblem(path, kind.item, "a service item", f"one of {sorted(items)}")
    if not 0 <= kind.companions_max <= COMPANIONS_MAX:
        yield PolicyProblem(path, str(kind.companions_max), f"0 to {COMPANIONS_MAX} companions")
    if not 0 <= kind.answer_hours <= HOURS_MAX:
        yield PolicyProblem(path, str(kind.answer_hours), f"0 to {HOURS_MAX} hours before the start")


def _workstreams(policy: Policy) -> Iterator[PolicyProblem]:
    """Each part of the policy is the work of exactly one workstream (S01-3)."""
    parts = set(Policy.__struct_fields__) - ASIDE
    named = [part for stream in policy.workstreams for part in stream.parts]
    for part in sorted(parts | set(named)):
        if part not in parts:
            yield PolicyProblem("workstreams", part, "a part of the policy", f"one of {sorted(parts)}")
        elif named.count(part) != 1:
            rule = f"in exactly one workstream, it is in {named.count(part)}"
            yield PolicyProblem("workstreams", part, rule, "name it in policy/workstreams.py")
