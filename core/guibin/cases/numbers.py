"""Numbers of cases that people read out on the telephone: a letter, a day and five random letters or digits.

Random and not counted: a counter would make every intake of a tenant wait for the one before.
"""

import secrets
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from guibin_tenants.principals import Signature
from guibin_tenants.rows import add_all, spoken
from guibin_tenants.tables import TenantTable

# Crockford's base 32: no I, L, O or U, which are misread or misheard.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_CHARS = 5
# How often a number is drawn before it is given up.
DRAWS_MAX = 5


class Numbering(Struct, frozen=True):
    """The letter of a kind of case, and when and where its cases were received."""

    letter: str
    received_at: datetime
    time_zone: str


async def add_numbered(
    table: type[TenantTable], signature: Signature | None, numbering: Numbering, row: dict[str, Any]
) -> UUID:
    """Write the row under a number that no other has; its id."""
    for _ in range(DRAWS_MAX):
        number = new_number(numbering.letter, numbering.received_at, numbering.time_zone)
        # One that was drawn before writes nothing.
        for row_id in await add_all(table, signature, [row | {"number": number}], unless=("number",)):
            return row_id
    raise RuntimeError(f"no free number of a {spoken(table)} was drawn")


def new_number(letter: str, received_at: datetime, time_zone: str) -> str:
    """Such as `C151123-7K3QF` for a complaint received on 23 November 2015 in the tenant's zone.

    33 million a day: the database's unique key refuses the rare repetition, and the caller draws again.
    """
    day = received_at.astimezone(ZoneInfo(time_zone))
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_CHARS))
    return f"{letter}{day:%y%m%d}-{drawn}"
