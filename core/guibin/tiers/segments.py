"""A part of the customer base: by kind, tier and figures, found by the same statement that assesses everybody."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from guibin.policy.criteria import VALUE_SCORE, AllOf, Criterion, metrics_in, settings_in, with_settings
from guibin.policy.packs import Policy
from guibin.policy.tiers import Tier, TierScheme
from guibin.policy.words import Code, CodeIfAny
from guibin.sealing.seeing import AMOUNTS, is_clear
from guibin_tenants.refusals import FieldError, Invalid

from .bulk import fetch_all
from .figures import assessment_sql
from .queries import holding

_IN = "in"


class Segment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Customers of one of `kinds` (all when empty) who hold one of `tiers` of `scheme` and whose figures, those of the
    scheme, satisfy `criterion`. What is left out narrows nothing.
    """

    scheme: CodeIfAny = ""
    tiers: Annotated[tuple[Code, ...], Meta(max_length=50)] = ()
    kinds: Annotated[tuple[Code, ...], Meta(max_length=50)] = ()
    criterion: Criterion | None = None


def problems(segment: Segment, policy: Policy, field: str = "segment") -> list[FieldError]:
    """Everything in it that the policy does not know."""
    wrong = [
        FieldError(f"{field}.kinds", "a customer kind", f"one of: {', '.join(policy.customer_kinds)}", kind)
        for kind in segment.kinds
        if kind not in policy.customer_kinds
    ]
    scheme = policy.scheme(segment.scheme)
    if scheme is None:
        if segment.scheme or segment.tiers or segment.criterion:
            known = ", ".join(each.name for each in policy.schemes) or "the policy has none"
            rule = "a scheme of the policy, whose tiers and figures are meant"
            wrong.append(FieldError(f"{field}.scheme", rule, f"one of: {known}", segment.scheme))
        return wrong
    names = [tier.name for tier in scheme.tiers]
    wrong += [
        FieldError(f"{field}.tiers", f"a tier of the scheme: {scheme.name}", f"one of: {', '.join(names)}", tier)
        for tier in segment.tiers
        if tier not in names
    ]
    return [*wrong, *_criterion_problems(segment, scheme, policy, field)]


async def members(segment: Segment, *, policy: Policy, as_of: date, known_at: datetime, limit: int) -> list[UUID]:
    """The visible customers with an open archive who belong to it as of a day, by id. Raises Invalid."""
    wrong = problems(segment, policy)
    if wrong:
        raise Invalid("The segment cannot be selected", fields=tuple(wrong))
    judged = assessment_sql(_as_scheme(segment, policy))
    values = [as_of, known_at, *judged.values]
    places = [f"${len(values) + offset}" for offset in (1, 2, 3, 4)]
    rows = await fetch_all(
        f"with judged as ({judged.sql}) select j.customer_id from judged j where j.tier = {places[0]}"
        f" and (cardinality({places[1]}::text[]) = 0 or exists (select from membership m where"
        f" m.customer_id = j.customer_id and m.scheme = {places[2]} and m.tier = any ({places[1]}::text[])"
        f" and {holding('m', '$1')}))"
        f" order by j.customer_id limit {places[3]}",
        *values,
        _IN,
        list(segment.tiers),
        segment.scheme,
        limit,
    )
    return [row["customer_id"] for row in rows]


def _criterion_problems(segment: Segment, scheme: TierScheme, policy: Policy, field: str) -> list[FieldError]:
    if segment.criterion is None:
        return []
    if not is_clear(AMOUNTS):
        rule = "no figures: your roles do not see amounts, and nobody is found by what is not seen"
        return [FieldError(f"{field}.criterion", rule)]
    judged = {metric.name for metric in scheme.metrics} | ({VALUE_SCORE} if scheme.value_score else set())
    settings = {setting.name for setting in policy.settings}
    metrics, figures = (f"one of: {', '.join(sorted(known))}" for known in (judged, settings))
    return [
        *(
            FieldError(f"{field}.criterion", "a metric of the scheme", metrics, name)
            for name in sorted(metrics_in(segment.criterion) - judged)
        ),
        *(
            FieldError(f"{field}.criterion", "a setting of the policy", figures, name)
            for name in sorted(settings_in(segment.criterion) - settings)
        ),
    ]


def _as_scheme(segment: Segment, policy: Policy) -> TierScheme:
    """The segment as a scheme of one tier: whoever reaches it is in."""
    scheme = policy.scheme(segment.scheme)
    figures = {setting.name: setting.value for setting in policy.settings}
    criterion = with_settings(segment.criterion, figures) if segment.criterion else AllOf(())
    judged = segment.criterion is not None and scheme is not None
    return TierScheme(
        "segment",
        customer_kinds=segment.kinds or policy.customer_kinds,
        metrics=scheme.metrics if judged and scheme else (),
        tiers=(Tier(_IN, criterion),),
        value_score=scheme.value_score if judged and scheme else (),
    )
