"""How long to wait before the next attempt. Pure."""

import hashlib
from datetime import timedelta
from uuid import UUID

PAUSE_MAX_S = 3_600.0


def pause_before(failures: int, *, job_id: UUID, first_s: float) -> timedelta:
    """After the first failure about `first_s`, doubling from then on, at most an hour; half of it is jitter.

    The jitter is drawn from the job's id, so it differs between jobs that failed together and not between machines.
    """
    whole = min(first_s * 2 ** min(failures - 1, 32), PAUSE_MAX_S)
    digest = hashlib.sha256(job_id.bytes + failures.to_bytes(4, "big")).digest()
    chance = int.from_bytes(digest[:4], "big") / 2**32
    return timedelta(seconds=whole / 2 + whole / 2 * chance)
