"""A customer's value: the score of each assessment, of all or on the spot, with its parts, for those who serve the customer (S09-4)."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from guibin.context import Act
from guibin.policy.criteria import VALUE_SCORE
from guibin.policy.tiers import Dimension, TierScheme
from guibin.sealing.seeing import AMOUNTS, is_clear
from guibin.web.listing import Listing, PageAsked, newest_first
from guibin.web.paging import Page

from .queries import JUDGEMENTS, SchemeFilter


class DimensionView(Struct, frozen=True):
    """One part: the figure, the points out of 100 it earns, rounded down, and its weight in percent."""

    name: str
    title: str
    metric: str
    value: int | None
    points: int
    weight: int


class ScoreView(Struct, frozen=True):
    """The value score of one assessment or one on the spot (`assessment_id`), 0 to 100; None where no figure was known, and
    without parts for whoever does not see amounts."""

    assessment_id: UUID
    scheme: str
    as_of: date
    policy_version: int
    score: int | None
    dimensions: tuple[DimensionView, ...]
    recorded_at: datetime


class _Judged(Struct, frozen=True):
    """A result with the scheme as it was."""

    assessment_id: UUID
    scheme: str
    as_of: date
    policy_version: int
    policy: TierScheme
    measures: dict[str, int | None]
    recorded_at: datetime


# Judged later for the same day, by the same weights, from the same figures: the same score, told once.
_AGAIN = (
    f"select from {JUDGEMENTS} y where y.tenant_id = x.tenant_id and y.customer_id = x.customer_id and y.scheme = x.scheme"
    " and y.as_of = x.as_of and (y.recorded_at, y.assessment_id) > (x.recorded_at, x.assessment_id)"
    " and y.policy -> 'value_score' = x.policy -> 'value_score'"
    f" and y.measures -> '{VALUE_SCORE}' is not distinct from x.measures -> '{VALUE_SCORE}'"
    " and not exists (select from jsonb_array_elements(x.policy -> 'value_score') part"
    " where y.measures -> (part ->> 'metric') is distinct from x.measures -> (part ->> 'metric'))"
)
_JUDGED = Listing(
    view=_Judged,
    source=f"{JUDGEMENTS} x",
    order=newest_first("x.recorded_at", "x.assessment_id"),
    filters={"scheme": "x.scheme = $value"},
    holds="x.customer_id = $customer_id and jsonb_array_length(x.policy -> 'value_score') > 0"
    f" and not exists ({_AGAIN})",
)


async def scores_of(customer_id: UUID, filters: SchemeFilter, page: PageAsked, act: Act) -> Page[ScoreView]:
    """The customer's scores, latest first, by the weights of their day; of equal ones of a day the latest alone."""
    judged = await _JUDGED.page(filters, page, act, customer_id=customer_id)
    return Page([_score(result, act) for result in judged.items], judged.next)


def _score(judged: _Judged, act: Act) -> ScoreView:
    seen = is_clear(AMOUNTS)
    return ScoreView(
        assessment_id=judged.assessment_id,
        scheme=judged.scheme,
        as_of=judged.as_of,
        policy_version=judged.policy_version,
        score=judged.measures.get(VALUE_SCORE) if seen else None,
        dimensions=tuple(
            _part(
                dimension,
                judged.measures.get(dimension.metric),
                act.policy.title(_key(dimension), act.language, scheme=judged.policy.name),
            )
            for dimension in (judged.policy.value_score if seen else ())
        ),
        recorded_at=judged.recorded_at,
    )


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
