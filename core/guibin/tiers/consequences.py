"""What a re-assessment brings beside the tier itself: the good are rewarded, the bad penalised (S13-3)."""

from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from guibin.policy.tiers import TierScheme
from guibin_tenants.rows import many

from .bulk import run
from .moves import OPEN_ARCHIVE

# Only who moved as the list says: whoever an approval moved in between gets nothing from the list either.
_BRING = f"""
insert into consequence (id, assessment_id, customer_id, scheme, name, kind, item, units, starts_on, until_on, clause,
  recorded_at)
select gen_random_uuid(), $1, r.customer_id, $2, $3, $4, $5, $6, $7, $8, $9, $10
from assessment_result r
join membership m on m.tenant_id = r.tenant_id and m.customer_id = r.customer_id and m.scheme = $2 and m.ends_on is null
  and m.tier = r.becomes
where r.assessment_id = $1 and r.move = any ($11::text[]) and (cardinality($12::text[]) = 0 or r.becomes = any ($12::text[]))
  and {OPEN_ARCHIVE}
on conflict (tenant_id, assessment_id, customer_id, name) do nothing
"""


class ConsequenceView(Struct, frozen=True):
    """A reward of so many `units` of an item, or a penalty that withholds the item, until before `until_on`."""

    scheme: str
    name: str
    kind: str
    item: str
    units: int
    starts_on: date
    until_on: date
    clause: str


async def bring(assessment_id: UUID, scheme: TierScheme, *, on: date, now: datetime) -> None:
    """Write down what the moves of an assessment bring, each a row per customer, in one statement a consequence."""
    for consequence in scheme.consequences:
        await run(
            _BRING,
            assessment_id,
            scheme.name,
            consequence.name,
            consequence.kind,
            consequence.item,
            consequence.units,
            on,
            on + timedelta(days=consequence.days),
            consequence.clause or scheme.clause,
            now,
            list(consequence.moves),
            list(consequence.tiers),
        )


async def of_customer(customer_id: UUID, *, on: date | None = None) -> list[ConsequenceView]:
    """What assessments brought a customer, the latest first; with `on`, what holds on that day."""
    return await many(
        ConsequenceView,
        "from consequence where customer_id = $1 and ($2::date is null or (starts_on <= $2 and until_on > $2)) order by starts_on desc, id",
        customer_id,
        on,
    )
