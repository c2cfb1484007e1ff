"""Recognised credentials, remembered for a moment, and forgotten at once when what they rest on changes.

Whoever changes what they rest on says so (`access.py`): this process forgets the company's credentials as the change
commits, every other process as soon as PostgreSQL tells it (`told_by_others`).
"""

import contextlib
import time
from collections.abc import AsyncIterator, Callable
from uuid import UUID

from .access import CHANNEL, WATCHERS
from .authentication import Recognised
from .credentials import Credential
from .listening import listening

# What bounds it where PostgreSQL's word does not arrive: the listening connection was cut, or a pooler keeps it back.
REMEMBERED_FOR_S = 2.0
REMEMBERED_MAX = 10_000


class Remembered:
    """What one process remembers, by company and credential."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._known: dict[UUID, dict[str, tuple[float, Recognised]]] = {}
        self._count = 0
        self._generation = 0
        WATCHERS.add(self)

    def find(self, credential: Credential) -> Recognised | None:
        """Whom it belongs to, when that was looked up a moment ago and nothing has changed since."""
        entry = self._known.get(credential.tenant_id, {}).get(credential.digest)
        return entry[1] if entry is not None and self.seconds() < entry[0] else None

    def acquainted(self, credential: Credential) -> Recognised | None:
        """Whom it belonged to when it was last looked at, however long ago: it tells whose turn is taken, nothing more."""
        entry = self._known.get(credential.tenant_id, {}).get(credential.digest)
        return entry[1] if entry is not None else None

    def begin(self) -> int:
        """Call before looking up, and hand the figure to `keep`."""
        return self._generation

    def keep(self, credential: Credential, found: Recognised, *, begun: int, for_s: float) -> None:
        """Remember, unless something changed since `begun`: what was looked up may be older than that."""
        if begun != self._generation:
            return
        self.drop(credential)
        if self._count >= REMEMBERED_MAX:
            self.forget_all()
        until = self.seconds() + min(for_s, REMEMBERED_FOR_S)
        self._known.setdefault(credential.tenant_id, {})[credential.digest] = (until, found)
        self._count += 1

    def drop(self, credential: Credential) -> None:
        """It is good no more."""
        if self._known.get(credential.tenant_id, {}).pop(credential.digest, None) is not None:
            self._count -= 1

    def outdated(self, credential: Credential) -> None:
        """Look it up again; it stays acquainted."""
        entry = self._known.get(credential.tenant_id, {}).get(credential.digest)
        if entry is not None:
            self._known[credential.tenant_id][credential.digest] = (self.seconds(), entry[1])

    def forget(self, tenant_id: UUID) -> None:
        """Look this company's credentials up again; they stay acquainted."""
        self._generation += 1
        entries = self._known.get(tenant_id, {})
        entries.update({digest: (self.seconds(), found) for digest, (_, found) in entries.items()})

    def told(self, payload: str) -> None:
        """As `forget`, by the company's id; of all where it is none."""
        try:
            self.forget(UUID(payload))
        except ValueError:
            self.forget_all()

    def forget_all(self) -> None:
        """Look everything up again."""
        self._generation += 1
        self._known.clear()
        self._count = 0


@contextlib.asynccontextmanager
async def told_by_others(url: str, remembered: Remembered) -> AsyncIterator[None]:
    """For as long as this lasts, forget what other processes change. It does without, for a while, when it must."""
    async with listening(url, "guibin access", {CHANNEL: remembered.told}, remembered.forget_all):
        yield
