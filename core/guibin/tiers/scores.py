"""A customer's value: the score of each assessment with its parts, for those who serve the customer (S09-4)."""

from datetime import date, datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.policy.criteria import VALUE_SCORE
from guibin.policy.packs import Policy
from guibin.policy.tiers import Dimension, TierScheme
from guibin.web.paging import Cursor
from guibin_tenants.scope import fetch


class DimensionView(Struct, frozen=True):
    """One part: the figure, the points out of 100 it earns, rounded down, and its weight in percent."""

    name: str
    title: str
    metric: str
    value: int | None
    points: int
    weight: int


class ScoreView(Struct, frozen=True):
    """The value score of one assessment, 0 to 100; None where no figure was known."""

    assessment_id: UUID
    scheme: str
    as_of: date
    policy_version: int
    score: int | None
    dimensions: tuple[DimensionView, ...]
    recorded_at: datetime


async def scores_of(
    customer_id: UUID, scheme: str | None, policy: Policy, language: str, *, after: Cursor | None, limit: int
) -> list[ScoreView]:
    """The customer's scores, latest first, by the weights of their day."""
    rows = await fetch(
        "select a.id, a.scheme, a.as_of, a.policy_version, a.policy, a.recorded_at, r.measures from assessment_result r"
        " join assessment a on a.tenant_id = r.tenant_id and a.id = r.assessment_id"
        " where r.customer_id = $1 and ($2::text is null or a.scheme = $2)"
        " and jsonb_array_length(a.policy -> 'value_score') > 0"
        " and ($3::timestamptz is null or (a.recorded_at, a.id) < ($3, $4::uuid))"
        " order by a.recorded_at desc, a.id desc limit $5",
        customer_id,
        scheme,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    found = []
    for row in rows:
        judged = msgspec.json.decode(row["policy"], type=TierScheme)
        measures = msgspec.json.decode(row["measures"], type=dict[str, int | None])
        found.append(
            ScoreView(
                assessment_id=row["id"],
                scheme=row["scheme"],
                as_of=row["as_of"],
                policy_version=row["policy_version"],
                score=measures.get(VALUE_SCORE),
                dimensions=tuple(
                    _part(d, measures.get(d.metric), policy.title(_key(d), language, scheme=judged.name))
                    for d in judged.value_score
                ),
                recorded_at=row["recorded_at"],
            )
        )
    return found


def _key(dimension: Dimension) -> str:
    return f"dimension.{dimension.name}" if dimension.name else f"metric.{dimension.metric}"


def _part(dimension: Dimension, value: int | None, title: str) -> DimensionView:
    return DimensionView(
        name=dimension.name or dimension.metric,
        title=title,
        metric=dimension.metric,
        value=value,
        points=int(dimension.points(value)),
        weight=dimension.weight,
    )
