"""What a company uses, as far as it is counted: messages, mails, deliveries, files, archives, accounts and keys."""

from datetime import datetime, timedelta
from typing import Any

from litestar import Controller, Response, get
from msgspec import Struct

from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.context import Act
from guibin.files import queries as files
from guibin.mailbox import queries as mailbox
from guibin.messages import queries as messages
from guibin.profiles import queries as profiles
from guibin.webhooks import queries as webhooks
from guibin_tenants.principals import may, sees_all
from guibin_tenants.rows import read

USAGE = may("staff:read") & sees_all
PATH, NAME = f"{PREFIX}/usage", "overview.usage"
ENTRIES = (Entry(title=f"{NAME}.title", path=PATH, icon="chart-bar", needs=USAGE, group="govern", order=84),)
DAYS = 30


class UsageView(Struct, frozen=True, kw_only=True):
    """What went out and came in within `days` days, and what there is now; `file_bytes` as they were before sealing."""

    days: int
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


async def usage(act: Act) -> UsageView:
    """As it is counted, of the whole company."""
    since = act.now - timedelta(days=DAYS)
    (there,) = await read(
        _There,
        "select (select count(*)::int from staff where left_at is null) as staff,"
        " (select count(*)::int from api_key where revoked_at is null and coalesce(expires_at > $1, true)) as keys",
        act.now,
    )
    count, size = await files.kept()
    return UsageView(
        days=DAYS,
        messages=await messages.sent_since(since),
        mails=await mailbox.arrived_since(since),
        deliveries=await webhooks.delivered_since(since),
        files=count,
        file_bytes=size,
        customers=await profiles.open_archives(),
        staff=there.staff,
        keys=there.keys,
    )


class UsageScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=USAGE)
    async def shown(self, shell: Shell) -> Response[str]:
        found = await usage(shell.act)
        return shell.page("overview/usage.html", usage=found, size=size(found.file_bytes), since=_since(shell))


def size(count: int) -> str:
    """Bytes as people say them: 640 KB, 12.3 MB."""
    if count < 1_000_000:
        return f"{-(-count // 1_000)} KB"
    return f"{count / 1_000_000:.1f} MB" if count < 1_000_000_000 else f"{count / 1_000_000_000:.1f} GB"


def _since(shell: Shell) -> Any:
    moment: datetime = shell.act.now - timedelta(days=DAYS)
    return shell.clock.full_day(moment.astimezone(shell.clock.zone).date())
