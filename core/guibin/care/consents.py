"""Who wants no contact: a task prepared for them is waived, for everybody to see, and not silently left out.

A customer says so by a consent to a purpose that was refused or withdrawn, or by the preference `contact` with the value
`none`. Who has said nothing may be contacted.
"""

from guibin.profiles.queries import answer
from guibin.records.dues import CONTACT

# Whoever has said no to this purpose gets neither greetings nor gifts; orders that end are still told.
CARE = "care"


def refusal(alias: str, *purposes: str, wish: str = "") -> str:
    """SQL: what the customer `alias` said against these purposes and any contact, such as `care: refused`, or null; `wish` is SQL
    for one purpose more, such as `'activity:' || a.kind` (S02-3)."""
    asked = (*(f"'{purpose}'" for purpose in (CONTACT, *purposes)), *([f"({wish})"] if wish else []))
    said = (f"{purpose} || ': ' || nullif({answer(f'{alias}.id', purpose)}, 'granted')" for purpose in asked)
    preferred = f"case when {alias}.preferences ->> 'contact' = 'none' then 'preference: none' end"
    return f"coalesce({', '.join(said)}, {preferred})"
