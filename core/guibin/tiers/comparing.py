"""What an application claims beside what the company has recorded: purchases, loyalty, every figure of the scheme (S13-6)."""

from datetime import timedelta
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.context import Act
from guibin.policy.tiers import TierScheme
from guibin.sealing.seeing import AMOUNTS, is_clear
from guibin_tenants.rows import missing
from guibin_tenants.scope import fetch_one

from .judging import COMPARED, HELD_NOW, Filled
from .queries import APPLICATIONS, ApplicationView
from .tables import Application

_OUTCOME = COMPARED.rstrip() + "\nselect tier, measures from outcome"
# What a claim is believed beyond the figure, in per cent: nobody knows their own year to the cent.
BELIEVED_PERCENT = 5


class FigureView(Struct, frozen=True, kw_only=True):
    """One figure of the scheme: what the company has recorded, and what the form claims under `field`, if it does.

    Both in the metric's `unit`, minor units of a currency; None is no record, or no claim. `differs` marks a claim that
    the record does not bear out: above it by more than 5 %, or where there is none.
    """

    metric: str
    title: str
    unit: str
    recorded: int | None
    field: str = ""
    claimed: int | None = None
    differs: bool = False


class Comparison(Struct, frozen=True, kw_only=True):
    """The application's answers beside the figures of today; `earned` is the tier they give, None for none.

    `proven` is whether they give the tier asked for, or a higher one, and no claim differs.
    """

    customer_id: UUID
    application_id: UUID
    scheme: str
    tier: str
    earned: str | None
    earned_title: str
    proven: bool
    figures: tuple[FigureView, ...]


async def comparison(application_id: UUID, act: Act) -> Comparison:
    """By the figures as they are now. Raises NotFound, also for an application under a scheme that is gone."""
    application = await APPLICATIONS.one(application_id)
    scheme = act.policy.scheme(application.scheme)
    if scheme is None:
        raise missing(Application, application_id)
    return await compared(application, scheme, act)


async def compared(application: ApplicationView, scheme: TierScheme, act: Act) -> Comparison:
    """As `comparison`, of an application at hand."""
    earned, measures = await _figures(application.customer_id, scheme, act)
    claims = _claims(application, scheme, act)
    figures = tuple(
        FigureView(
            metric=metric.name,
            title=act.policy.title(f"metric.{metric.name}", act.language, scheme=scheme.name),
            unit=metric.unit,
            recorded=measures.get(metric.name),
            field=claims[metric.name][0] if metric.name in claims else "",
            claimed=claims[metric.name][1] if metric.name in claims else None,
            differs=metric.name in claims and _differs(claims[metric.name][1], measures.get(metric.name)),
        )
        for metric in (scheme.metrics if is_clear(AMOUNTS) else ())
    )
    reached = scheme.rank(earned) >= scheme.rank(application.tier) or scheme.tier(application.tier) is None
    return Comparison(
        customer_id=application.customer_id,
        application_id=application.id,
        scheme=scheme.name,
        tier=application.tier,
        earned=earned,
        earned_title=act.policy.title(f"tier.{earned}", act.language, scheme=scheme.name) if earned else "",
        proven=reached and not any(figure.differs for figure in figures),
        figures=figures,
    )


async def _figures(customer_id: UUID, scheme: TierScheme, act: Act) -> tuple[str | None, dict[str, int | None]]:
    filled = Filled(scheme, act.today + timedelta(days=1), act.now, only=customer_id)
    row = await fetch_one(_OUTCOME.format(**filled.places(holding=HELD_NOW)), *filled.values)
    if row is None:
        return None, {}
    return row["tier"], msgspec.json.decode(row["measures"], type=dict[str, int | None])


def _claims(application: ApplicationView, scheme: TierScheme, act: Act) -> dict[str, tuple[str, int]]:
    """By metric: the field that claims it, and the figure claimed."""
    form = act.policy.form(scheme.form)
    return {
        field.claims: (field.name, value)
        for field in (form.fields if form else ())
        if field.claims and isinstance(value := application.answers.get(field.name), int)
    }


def _differs(claimed: int, recorded: int | None) -> bool:
    return recorded is None or claimed * 100 > recorded * (100 + BELIEVED_PERCENT)
