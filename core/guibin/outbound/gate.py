"""How much one company may have under way outside at once in this process, so that a slow receiver of its own is its own."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from uuid import UUID

AT_ONCE_MAX = 4
AT_ONE_TARGET_MAX = 2


class Gate:
    """Counts what is under way. Refuses instead of letting wait: whoever waits holds a worker's place."""

    def __init__(self) -> None:
        self.by_company: Counter[UUID] = Counter()
        self.by_target: Counter[UUID] = Counter()

    @contextlib.contextmanager
    def passing(self, company: UUID, target: UUID) -> Iterator[bool]:
        """Whether there is room; while this lasts, it is taken."""
        room = self.by_company[company] < AT_ONCE_MAX and self.by_target[target] < AT_ONE_TARGET_MAX
        if not room:
            yield False
            return
        self.by_company[company] += 1
        self.by_target[target] += 1
        try:
            yield True
        finally:
            for counted, key in ((self.by_company, company), (self.by_target, target)):
                counted[key] -= 1
                if not counted[key]:
                    del counted[key]


GATE = Gate()
