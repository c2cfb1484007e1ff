"""Who wants no contact: a task prepared for them is waived, for everybody to see, and not silently left out.

A customer says so by a consent to a purpose that was refused or withdrawn, or by the preference `contact` with the value
`none`. Who has said nothing may be contacted.
"""

from guibin.records.cadence import CONTACT

# Whoever has said no to this purpose gets neither greetings nor gifts; orders that end are still told.
CARE = "care"

_LATEST = (
    "(select s.purpose || ': ' || s.answer from consent s where s.tenant_id = {alias}.tenant_id"
    " and s.customer_id = {alias}.id and s.purpose = '{purpose}' and s.answer <> 'granted'"
    " and not exists (select from consent l where l.tenant_id = s.tenant_id and l.customer_id = s.customer_id"
    " and l.purpose = s.purpose and (l.recorded_at, l.id) > (s.recorded_at, s.id)))"
)


def refusal(alias: str, *purposes: str) -> str:
    """SQL: what the customer `alias` said against these purposes and any contact, such as `care: refused`, or null."""
    said = (_LATEST.format(alias=alias, purpose=purpose) for purpose in (CONTACT, *purposes))
    preferred = f"case when {alias}.preferences ->> 'contact' = 'none' then 'preference: none' end"
    return f"coalesce({', '.join(said)}, {preferred})"
