"""How much one tenant and one credential may ask: token buckets per cost class, in this process."""

import time
from collections.abc import Callable, Hashable

from msgspec import Struct

from .refusals import TooManyRequests


class Allowance(Struct, frozen=True):
    """`per_second` tokens flow in, up to `burst`; a request of a cost class takes `cost` of them."""

    per_second: float
    burst: float

    def of(self, per_second: int | None) -> "Allowance":
        """With another flow and as many seconds' worth at once; the same where it is None."""
        return Allowance(per_second, self.burst / self.per_second * per_second) if per_second else self


class Bucket(Struct):
    """What is left, and when that was so (seconds of a monotonic clock)."""

    left: float
    at: float


# Whatever goes over a whole customer base: reports, assessments, exports, imports.
BULK = "bulk"
COSTS = {"read": 1.0, "list": 5.0, "write": 2.0, BULK: 20.0}
BUCKETS_MAX = 20_000


class RateLimits:
    """Buckets by owner: tenants, credentials, addresses. Several server processes each keep their own."""

    def __init__(self, allowance: Allowance, seconds: Callable[[], float] = time.monotonic) -> None:
        self.allowance = allowance
        self.seconds = seconds
        self.buckets: dict[Hashable, Bucket] = {}

    def take(self, owner: Hashable, cost_class: str, own: Allowance | None = None) -> tuple[int, int]:
        """Take what a request costs; (whole tokens left, seconds until full). The owner's `own` allowance is in place of everybody's.

        Raises TooManyRequests.
        """
        allowance = own or self.allowance
        bucket = self._enough(owner, COSTS[cost_class], allowance)
        bucket.left -= COSTS[cost_class]
        missing = allowance.burst - bucket.left
        return int(bucket.left), int(missing / allowance.per_second) + 1

    def check(self, owner: Hashable, cost_class: str) -> None:
        """Take nothing yet. Raises TooManyRequests when what a request costs is not there."""
        self._enough(owner, COSTS[cost_class], self.allowance)

    def _enough(self, owner: Hashable, cost: float, allowance: Allowance) -> Bucket:
        now = self.seconds()
        bucket = self.buckets.get(owner)
        if bucket is None:
            if len(self.buckets) >= BUCKETS_MAX:
                self.buckets.clear()
            bucket = self.buckets[owner] = Bucket(allowance.burst, now)
        bucket.left = min(allowance.burst, bucket.left + (now - bucket.at) * allowance.per_second)
        bucket.at = now
        if bucket.left < cost:
            wait = int((cost - bucket.left) / allowance.per_second) + 1
            raise TooManyRequests(f"The allowance is used up: try again in {wait} s", retry_after=wait)
        return bucket
