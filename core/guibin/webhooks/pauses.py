"""When a delivery is tried again, and when it is given up. Pure."""

import hashlib
from datetime import timedelta
from uuid import UUID

# Three days: an outage over a weekend is survived.
PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
JITTER_PERCENT = 20
# An endpoint that has answered nothing with success for so long is disabled.
FAILING_FOR_MAX = timedelta(days=5)
RETRY_AFTER_MAX = timedelta(days=1)


def pause_after(tries: int, *, delivery_id: UUID, retry_after: str = "") -> timedelta | None:
    """How long to wait after so many failed tries, up to a fifth longer by chance; None when that was the last.

    The chance is drawn from the delivery's id: deliveries that failed together do not come back together. A receiver
    that asks for more time (`Retry-After` in seconds) gets it, up to a day.
    """
    if tries > len(PAUSES):
        return None
    digest = hashlib.sha256(delivery_id.bytes + tries.to_bytes(4, "big")).digest()
    chance = int.from_bytes(digest[:4], "big") / 2**32
    pause = PAUSES[tries - 1] * (1 + chance * JITTER_PERCENT / 100)
    if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 10:
        pause = max(pause, min(timedelta(seconds=int(retry_after)), RETRY_AFTER_MAX))
    return pause


def pause_when_full(postponed: int) -> timedelta:
    """How long to wait when too much is under way: 1 s, doubling, at most a minute."""
    return timedelta(seconds=min(2**postponed, 60))
