"""What a company uses, as far as it is counted: requests, messages, mails, deliveries, files, archives, accounts and keys."""

from datetime import datetime, timedelta
from typing import Any

from litestar import Controller, Request, Response, get
from msgspec import Struct

from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.context import Act
from guibin.files import queries as files
from guibin.mailbox import queries as mailbox
from guibin.messages import queries as messages
from guibin.profiles import queries as profiles
from guibin.webhooks import queries as webhooks
from guibin_tenants import counts
from guibin_tenants.counts import OfCaller, OfDay
from guibin_tenants.principals import may, sees_all
from guibin_tenants.rate_limits import Allowance
from guibin_tenants.rows import read

USAGE = may("staff:read") & sees_all
PATH, NAME = f"{PREFIX}/usage", "overview.usage"
ENTRIES = (Entry(title=f"{NAME}.title", path=PATH, icon="chart-bar", needs=USAGE, group="govern", order=84),)
DAYS = 30


class RequestsView(Struct, frozen=True, kw_only=True):
    """How much was asked for, by day and by whom, and how much may be: units a second of each API process, and at once. A read
    takes 1, a change 2, a list 5, what goes over a whole customer base 20. Counted within a minute."""

    days: list[OfDay]
    callers: list[OfCaller]
    units_per_s: float
    units_at_once: float

    @property
    def requests(self) -> int:
        """All that were let in."""
        return sum(day.requests for day in self.days)

    @property
    def refused(self) -> int:
        """All that were too much."""
        return sum(day.refused for day in self.days)


class UsageView(Struct, frozen=True, kw_only=True):
    """What went out and came in within `days` days, and what there is now; `file_bytes` as they were before sealing."""

    days: int
    requests: RequestsView
    messages: dict[str, int]
    mails: int
    deliveries: int
    files: int
    file_bytes: int
    customers: int
    staff: int
    keys: int


class _There(Struct, frozen=True):
    staff: int
    keys: int


async def usage(act: Act, usual: Allowance) -> UsageView:
    """As it is counted, of the whole company; `usual` is what any company may ask."""
    since = act.now - timedelta(days=DAYS)
    (there,) = await read(
        _There,
        "select (select count(*)::int from staff where left_at is null) as staff,"
        " (select count(*)::int from api_key where revoked_at is null and coalesce(expires_at > $1, true)) as keys",
        act.now,
    )
    first, allowed = act.today - timedelta(days=DAYS - 1), usual.of(await counts.allowed(act.company.id))
    count, size = await files.kept()
    return UsageView(
        days=DAYS,
        requests=RequestsView(
            days=await counts.by_day(first),
            callers=await counts.by_caller(first),
            units_per_s=allowed.per_second,
            units_at_once=allowed.burst,
        ),
        messages=await messages.sent_since(since),
        mails=await mailbox.arrived_since(since),
        deliveries=await webhooks.delivered_since(since),
        files=count,
        file_bytes=size,
        customers=await profiles.open_archives(),
        staff=there.staff,
        keys=there.keys,
    )


def allowance_of(request: Request[Any, Any, Any]) -> Allowance:
    """What any company may ask of this process."""
    found: Allowance = request.app.state.allowance
    return found


class UsageScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=USAGE)
    async def shown(self, shell: Shell) -> Response[str]:
        found = await usage(shell.act, allowance_of(shell.request))
        return shell.page("overview/usage.html", usage=found, size=size(found.file_bytes), since=_since(shell))


def size(count: int) -> str:
    """Bytes as people say them: 640 KB, 12.3 MB."""
    if count < 1_000_000:
        return f"{-(-count // 1_000)} KB"
    return f"{count / 1_000_000:.1f} MB" if count < 1_000_000_000 else f"{count / 1_000_000_000:.1f} GB"


def _since(shell: Shell) -> Any:
    moment: datetime = shell.act.now - timedelta(days=DAYS)
    return shell.clock.full_day(moment.astimezone(shell.clock.zone).date())
