"""Everybody who listens to a stream in this process, and one task for each company that looks when it is nudged.

Nobody's stream holds a connection: a company's news are read once for all its streams, in one short transaction, and
whoever stands behind the same walls with the same rights is told the same.
"""

import asyncio
import contextlib
import contextvars
import logging
import weakref
from collections import Counter, deque
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from litestar.response.sse import ServerSentEventMessage
from litestar.types import Receive, Send
from msgspec import Struct

from guibin.cases.followed import INBOX
from guibin_tenants import placement
from guibin_tenants.access import CHANNEL as ACCESS
from guibin_tenants.access import WATCHERS
from guibin_tenants.authentication import Recognised, recognise
from guibin_tenants.credentials import Credential
from guibin_tenants.database import UNREACHABLE
from guibin_tenants.listening import Heard
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import Busy, Refusal
from guibin_tenants.scope import ALL_UNITS, NotCommitted, see_units, tenant_scope
from guibin_tenants.tables import new_id
from guibin_tenants.turns import TooManyAtOnce

from . import queries
from .queries import EventView
from .writing import CHANNEL as NEWS

# What comes together is told together.
GATHERED_FOR_S = 0.1
# Without a nudge: PostgreSQL's word did not arrive, or a pooler keeps it back.
LOOKED_EVERY_S = 10.0
LOOKED_AGAIN_AFTER_S = 1.0
# Of so many looks one asks whether everybody still may listen: a session is locked by nothing but time.
CHECKED_EVERY = 6
HEARTBEAT_S = 20.0
# Whoever reads slowly is told so many at most, and then that something was left out.
QUEUE_MAX = 500
READ_MAX = 1_000
RETRY_MS = 3_000
# Somebody came to a case, began to write, or went.
PRESENCE = "presence.changed"
PASSING_MAX = 200
_log = logging.getLogger("guibin.live")


class Limits(Struct, frozen=True, kw_only=True):
    """How many streams at once: of one person or key, of one company, of this process; and how long one lasts, in seconds."""

    caller: int
    company: int
    process: int
    lasts_s: float
    idle_minutes: float = 30.0


class Listener:
    """One stream: whose it is, what waits to be sent, and why it ends."""

    def __init__(self, tenant_id: UUID, credential: Credential, by: Principal, expires_at: datetime | None) -> None:
        self.tenant_id, self.credential, self.by, self.expires_at = tenant_id, credential, by, expires_at
        self.waiting: deque[bytes] = deque()
        self.awake = asyncio.Event()
        self.ended = ""

    @property
    def sight(self) -> tuple[object, ...]:
        """What decides what may be heard, apart from what concerns one person alone."""
        return (self.by.units, self.by.permissions)

    def tell(self, events: Sequence[EventView], since: int) -> None:
        """Send these as soon as the one before was taken."""
        for event in events:
            self.waiting.append(told(event, since))
        if len(self.waiting) > QUEUE_MAX:
            self.waiting.clear()
            self.waiting.append(RESET)
        if events:
            self.awake.set()

    def missed_something(self) -> None:
        """What happened meanwhile is not known: whatever is shown must be read anew."""
        self.waiting.clear()
        self.waiting.append(RESET)
        self.awake.set()

    def end(self, why: str) -> None:
        """Say why, and no more."""
        self.ended = self.ended or why
        self.awake.set()


def told(event: EventView, since: int) -> bytes:
    """The event as it is sent. From its `id` a stream goes on."""
    data = msgspec.json.encode(event).decode()
    # What is kept nowhere is nothing to go on from.
    place = None if event.type == PRESENCE else f"{since}-{event.id}"
    return ServerSentEventMessage(data=data, id=place).encode()


RESET = ServerSentEventMessage(data="{}", event="reset").encode()
BEGUN = ServerSentEventMessage(data=None, retry=RETRY_MS, comment="begun").encode()
_HEARTBEAT = ServerSentEventMessage(data=None, comment="still here").encode()


class _Company:
    """One company's listeners and the task that looks for them."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self.nudged = asyncio.Event()
        self.checks = False
        self.since: int | None = None
        self.cell: str | None = None
        self.seen: set[UUID] = set()
        self.passing: list[EventView] = []
        self.task: asyncio.Task[None] | None = None


class Hub:
    """The streams of this process. `held` is what whoever was recognised may do at the company, its packs' permissions with it."""

    def __init__(
        self, limits: Limits, clock: Callable[[], datetime], held: Callable[[Recognised], frozenset[str]]
    ) -> None:
        self.limits, self.clock, self.held = limits, clock, held
        self._companies: dict[UUID, _Company] = {}
        self._callers: Counter[UUID] = Counter()
        self._count = 0
        WATCHERS.add(self)
        _HUBS.add(self)

    def join(self, listener: Listener) -> None:
        """One more. Raises TooManyAtOnce for a caller or company that has as many as may be, Busy where the process has."""
        company = self._companies.get(listener.tenant_id)
        if self._callers[listener.by.person] >= self.limits.caller:
            raise TooManyAtOnce(f"At most {self.limits.caller} streams at once: close one", retry_after=30)
        if company is not None and len(company.listeners) >= self.limits.company:
            raise TooManyAtOnce(f"At most {self.limits.company} streams of a company at once", retry_after=30)
        if self._count >= self.limits.process:
            raise Busy("Too many streams at once: ask for what you need instead")
        if company is None:
            company = self._companies[listener.tenant_id] = _Company()
            company.task = asyncio.create_task(
                # Not within the request that is the first to listen: its scope is its own.
                self._tend(listener.tenant_id, company),
                context=contextvars.Context(),
            )
        company.listeners.add(listener)
        self._callers[listener.by.person] += 1
        self._count += 1

    def leave(self, listener: Listener) -> None:
        """It is over; nothing happens when it is already."""
        company = self._companies.get(listener.tenant_id)
        if company is None or listener not in company.listeners:
            return
        company.listeners.discard(listener)
        self._count -= 1
        self._callers[listener.by.person] -= 1
        self._callers += Counter()
        if not company.listeners:
            del self._companies[listener.tenant_id]
            if company.task is not None:
                company.task.cancel()

    def inside(self, tenant_id: UUID) -> int:
        """How many streams the company has here."""
        company = self._companies.get(tenant_id)
        return len(company.listeners) if company else 0

    def nudge(self, payload: str) -> None:
        """Something happened at the company of this id; where a case follows, somebody came to it or went, which is kept nowhere."""
        whose, *case = payload.split()
        with contextlib.suppress(ValueError):
            company = self._companies.get(UUID(whose))
            if company is None:
                return
            if len(case) == len(("subject", "id")):
                passing = EventView(new_id(), PRESENCE, case[0], UUID(case[1]), self.clock())
                company.passing = [*company.passing, passing][-PASSING_MAX:]
            company.nudged.set()

    def nudge_all(self) -> None:
        """Something may have happened anywhere, and anybody's rights may have changed."""
        for company in self._companies.values():
            company.checks = True
            company.nudged.set()

    def forget(self, tenant_id: UUID) -> None:
        """The company's keys, accounts, sessions or org units have changed: see who still may listen."""
        company = self._companies.get(tenant_id)
        if company is not None:
            company.checks = True
            company.nudged.set()

    def access_changed(self, payload: str) -> None:
        """As `forget`, told by another process; of all where it does not say whose."""
        try:
            self.forget(UUID(payload))
        except ValueError:
            self.nudge_all()

    def close(self) -> None:
        """The process ends: so does every stream."""
        for company in self._companies.values():
            for listener in company.listeners:
                listener.end("closing")

    async def send_to(self, listener: Listener, receive: Receive, send: Send, *, within_s: float) -> None:
        """Send what comes until somebody ends it; whoever does not take something in time gets no more."""
        gone = asyncio.create_task(_left(receive))
        gone.add_done_callback(lambda _: listener.end("left"))
        until = asyncio.get_running_loop().time() + self.limits.lasts_s
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(min(HEARTBEAT_S, max(until - asyncio.get_running_loop().time(), 0))):
                        await listener.awake.wait()
                listener.awake.clear()
                over = self._over(listener, until)
                if over == "left":
                    return
                parts = [*listener.waiting, *([_end(over)] if over else [])] or [_HEARTBEAT]
                listener.waiting.clear()
                async with asyncio.timeout(within_s):
                    await send({"type": "http.response.body", "body": b"".join(parts), "more_body": not over})
                if over:
                    return
        except (TimeoutError, OSError):
            return
        finally:
            gone.cancel()

    def _over(self, listener: Listener, until: float) -> str:
        if listener.ended:
            return listener.ended
        if listener.expires_at is not None and listener.expires_at <= self.clock():
            return "expired"
        return "renew" if asyncio.get_running_loop().time() >= until else ""

    async def _tend(self, tenant_id: UUID, company: _Company) -> None:
        looks = 0
        while True:
            try:
                await self._look(tenant_id, company)
            except (*UNREACHABLE, NotCommitted, Refusal, TimeoutError) as error:
                _log.warning("streams are told nothing for a while: %s", type(error).__name__)
                await _look_again(company)
            except Exception as error:
                _log.error("streams of company %s are told nothing for a while", tenant_id, exc_info=error)
                await _look_again(company)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOKED_EVERY_S):
                    await company.nudged.wait()
            looks += 1
            company.checks = company.checks or looks % CHECKED_EVERY == 0
            await asyncio.sleep(GATHERED_FOR_S)
            company.nudged.clear()

    async def _look(self, tenant_id: UUID, company: _Company) -> None:
        """What is new, once for all; then each group of listeners is told what of it is theirs."""
        async with tenant_scope(tenant_id, durable=False):
            if company.checks:
                company.checks = False
                await self._check(company)
            cell = placement.stands(tenant_id)
            if company.cell not in (None, cell):
                # Transactions of another cell have other numbers: what happened meanwhile is read anew.
                company.since, company.seen = None, set()
                for listener in company.listeners:
                    listener.missed_something()
            company.cell = cell
            if company.since is None:
                company.since = await queries.horizon_now()
                return
            batch = await queries.batch(company.since, READ_MAX)
            fresh = [each for each in batch.happened if each.id not in company.seen] + company.passing
            company.passing = []
            company.since, company.seen = batch.since, {each.id for each in batch.happened}
            if len(batch.happened) == READ_MAX:
                for listener in company.listeners:
                    listener.missed_something()
            elif fresh:
                await _tell(company, fresh, batch.since)

    async def _check(self, company: _Company) -> None:
        for listener in tuple(company.listeners):
            try:
                found = await recognise(listener.credential, now=self.clock())
            except Refusal:
                listener.end("revoked")
                continue
            locks_at = found.locks_at(self.limits.idle_minutes)
            if locks_at is not None and locks_at <= self.clock():
                listener.end("locked")
            if (found.principal.units, self.held(found)) != listener.sight:
                listener.end("changed")


_HUBS: weakref.WeakSet[Hub] = weakref.WeakSet()


def heard_by(hub: Hub) -> dict[str, Heard]:
    """What PostgreSQL tells it: of news, and of rights that changed."""
    return {NEWS: hub.nudge, ACCESS: hub.access_changed}


def close_all() -> None:
    """The process is about to end: nobody's stream keeps it."""
    for hub in _HUBS:
        hub.close()


async def _look_again(company: _Company) -> None:
    """Somewhat later, and whoever may have lost the right to listen is looked at, too."""
    company.checks = True
    company.nudged.set()
    await asyncio.sleep(LOOKED_AGAIN_AFTER_S)


async def _tell(company: _Company, fresh: list[EventView], since: int) -> None:
    groups: dict[tuple[object, ...], list[Listener]] = {}
    for listener in company.listeners:
        groups.setdefault(listener.sight, []).append(listener)
    shared = [each for each in fresh if each.subject != INBOX]
    # Whoever sees all first: the scope is narrowed from group to group.
    for (units, _), listeners in sorted(groups.items(), key=lambda group: group[0][0] != ALL_UNITS):
        if isinstance(units, tuple):
            await see_units(units)
        heard = await queries.heard_by(listeners[0].by, shared)
        for listener in listeners:
            own = [each for each in fresh if each.subject == INBOX]
            listener.tell([*heard, *await queries.heard_by(listener.by, own)], since)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _end(why: str) -> bytes:
    data = msgspec.json.encode({"because": why}).decode()
    return ServerSentEventMessage(data=data, event="end").encode()
