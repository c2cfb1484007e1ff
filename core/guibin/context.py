"""What the composition root knows and hands to whoever handles a request or runs a job."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Self
from uuid import UUID

from msgspec import Struct, structs

from guibin.packs import NO_HOOKS, Hooks, Packs
from guibin.periods.days import local_day
from guibin.policy.packs import Policy
from guibin_tenants import settings
from guibin_tenants.credentials import Credential
from guibin_tenants.principals import Principal, Signature

Clock = Callable[[], datetime]


class Company(Struct, frozen=True):
    """The company served, as far as its work needs to know it. `time_zone` is an IANA name."""

    id: UUID
    slug: str
    packs: tuple[str, ...]
    time_zone: str
    language: str
    simulated: bool


class Act(Signature, frozen=True, kw_only=True):
    """What every action needs besides what it is about: who acts and when, for which company, under which policy.

    `policy` is the one in force at `now`, `hooks` are the company's packs', `language` is the caller's, zh-CN or en. A
    request hands one to its handler, a job is one.
    """

    company: Company
    policy: Policy
    language: str
    hooks: Hooks = NO_HOOKS

    @property
    def today(self) -> date:
        """The company's day of `now`."""
        return local_day(self.now, self.company.time_zone)

    def own_reason(self, name: str) -> str:
        """A reason that the product writes down where nobody gave one, the text `own_reason.<name>` in the company's language."""
        return self.policy.title(f"own_reason.{name}", self.company.language)

    def at(self, moment: datetime) -> Self:
        """The same, at another moment; the policy stays."""
        return structs.replace(self, now=moment)


class Request(Struct):
    """One request in progress: filled by the scope middleware, read by the dependencies.

    `csrf` is what a change by a signed-in browser repeats; empty for a key. `credential` is what they came with, good until
    `expires_at`; a session is locked when nothing is done in it for `idle_minutes`; `confirmed`: who
    asks proved a moment ago who they are.
    """

    company: Company
    by: Principal
    now: datetime
    csrf: str = ""
    credential: Credential | None = None
    expires_at: datetime | None = None
    idle_minutes: float = 0
    confirmed: bool = True


class Root(Struct, frozen=True):
    """Everything the process was started with."""

    packs: Packs
    clock: Clock


def real_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


async def now_of(company: Company, clock: Clock) -> datetime:
    """The company's now: its simulated clock if it has one, the real one otherwise. Inside its scope."""
    if company.simulated:
        return await settings.simulated_now() or clock()
    return clock()
