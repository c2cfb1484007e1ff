"""Moving a simulated clock: everything that falls due on the way happens at its own moment, in order."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from guibin_tenants import settings

from .sweep import fire_due, next_moment

# So many timer moments share a transaction: a crash repeats at most these, the clock included.
MOMENTS_A_BATCH_MAX = 200


class Source(Protocol):
    """Something beside timers that falls due: ledger jobs, a timetable."""

    async def next_at(self) -> datetime | None:
        """The moment of what is due next, None when nothing is. Called inside the tenant's scope."""
        ...

    async def run(self, moment: datetime) -> int:
        """Do what is due by `moment`, which is also its now; how much was done. Opens its own scopes."""
        ...


class Advanced(Struct, frozen=True):
    """What happened on the way."""

    warnings: int = 0
    breaches: int = 0
    escalations: int = 0
    others: int = 0

    def plus(self, *, kinds: Sequence[str] = (), others: int = 0) -> "Advanced":
        """With these steps added."""
        return Advanced(
            self.warnings + kinds.count("warning"),
            self.breaches + kinds.count("breach"),
            self.escalations + kinds.count("escalation"),
            self.others + others,
        )


async def advance(
    open_scope: Callable[[], AbstractAsyncContextManager[Any]],
    *,
    until: datetime,
    sources: Sequence[Source] = (),
    progress: Callable[[datetime, Advanced], None] = lambda moment, so_far: None,
) -> Advanced:
    """Move the tenant's simulated clock to `until`, firing timers and running `sources` at their moments.

    `open_scope` opens the tenant's scope anew each time. At one moment timers come first, as what they cause may be
    due at once. Raises Invalid when `until` is before the clock.
    """
    done = Advanced()
    while True:
        async with open_scope():
            elsewhere = await _earliest(sources, until)
            timers_done, more, reached = await _timers(elsewhere[0], watch=bool(sources))
            done = done.plus(kinds=timers_done)
            if not more and elsewhere[1] is None:
                await settings.move_clock(until)
                progress(until, done)
                return done
            if not more:
                await settings.let_clock_reach(elsewhere[0])
        if not more and elsewhere[1] is not None:
            done = done.plus(others=await elsewhere[1].run(elsewhere[0]))
        progress(reached, done)


async def _timers(horizon: datetime, *, watch: bool) -> tuple[list[str], bool, datetime]:
    """Fire what is due up to `horizon`; the kinds fired, whether to look again before going on, and how far it is."""
    kinds: list[str] = []
    stood = stands = await settings.simulated_now()
    for _ in range(MOMENTS_A_BATCH_MAX):
        moment = await next_moment()
        if moment is None or moment > horizon:
            if stands is not None and stands != stood:
                await settings.let_clock_reach(stands)
            return kinds, False, horizon
        # What was due before the clock's stand (an import of old complaints) happens now.
        stands = moment if stands is None else max(moment, stands)
        fired = await fire_due(stands)
        kinds += [step.kind for step in fired]
        if watch and fired:
            # A reaction to it may be due before the next timer.
            break
    if stands is not None:
        await settings.let_clock_reach(stands)
    return kinds, True, stands or horizon


async def _earliest(sources: Sequence[Source], until: datetime) -> tuple[datetime, Source | None]:
    first: tuple[datetime, Source | None] = (until, None)
    for source in sources:
        moment = await source.next_at()
        if moment is not None and moment <= until and (first[1] is None or moment < first[0]):
            first = (moment, source)
    return first
