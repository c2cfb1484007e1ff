"""How much one company may have under way outside at once in this process, so that a slow receiver of its own is its own."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator
from uuid import UUID

from guibin_tenants.scope import refuse_waiting

AT_ONCE_MAX = 5
AT_ONE_TARGET_MAX = 4
# A receiver that answers in time makes room in milliseconds; for one that does not, nobody keeps a worker's place.
WAIT_S = 0.3
_LOOK_EVERY_S = 0.005


class Gate:
    """Counts what is under way."""

    def __init__(self) -> None:
        self.by_company: Counter[UUID] = Counter()
        self.by_target: Counter[UUID] = Counter()

    @contextlib.asynccontextmanager
    async def passing(self, company: UUID, target: UUID) -> AsyncIterator[bool]:
        """Whether there is room, now or in a moment; while this lasts, it is taken. Raises WaitsInside in a transaction."""
        refuse_waiting("room")
        until = time.monotonic() + WAIT_S
        while not self._has_room(company, target):
            if time.monotonic() > until:
                yield False
                return
            await asyncio.sleep(_LOOK_EVERY_S)
        self.by_company[company] += 1
        self.by_target[target] += 1
        try:
            yield True
        finally:
            for counted, key in ((self.by_company, company), (self.by_target, target)):
                counted[key] -= 1
                if not counted[key]:
                    del counted[key]

    def _has_room(self, company: UUID, target: UUID) -> bool:
        return self.by_company[company] < AT_ONCE_MAX and self.by_target[target] < AT_ONE_TARGET_MAX


GATE = Gate()
