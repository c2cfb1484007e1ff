"""Numbers of cases that people read out on the telephone: a letter, a day and five random letters or digits.

Random and not counted: a counter would make every intake of a tenant wait for the one before.
"""

import secrets
from datetime import datetime
from zoneinfo import ZoneInfo

# Crockford's base 32: no I, L, O or U, which are misread or misheard.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_CHARS = 5
# How often a caller draws before it gives up.
DRAWS_MAX = 5


def new_number(letter: str, received_at: datetime, time_zone: str) -> str:
    """Such as `C151123-7K3QF` for a complaint received on 23 November 2015 in the tenant's zone.

    33 million a day: the database's unique key refuses the rare repetition, and the caller draws again.
    """
    day = received_at.astimezone(ZoneInfo(time_zone))
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_CHARS))
    return f"{letter}{day:%y%m%d}-{drawn}"
