"""What a guest's archive says that those who prepare a visit have to know: an allergy reaches the kitchen although nobody wrote it
down for this visit, and each department gets only what is its own to know (S10-3, S11-7)."""

from collections.abc import Collection

import asyncpg

from guibin.cases.requests import NewDisclosure
from guibin.context import Act
from guibin.profiles.disclosures import needed_values

# By department, then by field: its values.
Needs = dict[str, dict[str, tuple[str, ...]]]


async def brought(row: asyncpg.Record, departments: Collection[str], act: Act) -> Needs:
    """What each of these departments is told of the guest of this reception. What was sealed is on record as a disclosure, in the
    name of whoever sends the notice or changes the archive."""
    wanted = act.policy.reception.needs if act.policy.reception else ()
    asked = {
        need.field: departments_of for need in wanted if (departments_of := set(need.departments) & set(departments))
    }
    if not asked:
        return {}
    why = NewDisclosure(purpose=f"接待 reception {row['number']}", leaves_to="nobody")
    values = await needed_values(row["customer_id"], tuple(asked), why, act)
    return {
        department: {field: said for field, said in values.items() if department in asked[field]}
        for department in sorted(set().union(*asked.values()))
    }
