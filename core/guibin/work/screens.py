"""The first page of the day: the workbench of desks and leaders, the day of account managers; and what is done from them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Controller, Response, get, post
from msgspec import Struct

from guibin.audit.actions import searched
from guibin.complaints.queries import settled_by
from guibin.console import additions
from guibin.console.commands import Commands
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.department_requests.queries import leads
from guibin.notices.queries import InboxFilter, inbox
from guibin.oversight import home as auditors
from guibin.profiles.queries import called
from guibin.receptions import queries as receptions
from guibin.receptions.queries import ReceptionFilter
from guibin.tiers.marks import marks
from guibin.web.listing import PageAsked
from guibin_tenants.principals import anyone, may, staff_only
from guibin_tenants.refusals import NotFound

from . import days, queries, starting
from .commands import COMMANDS
from .looks import LEVELLED, end_of_day, lines
from .queries import Whose, WorkCount, WorkFilter

PATH = f"{PREFIX}/"
ENTRIES = (
    Entry(
        title="work.title",
        path=PATH,
        icon="layout-dashboard",
        needs=~days.HAVE_ONE & ~auditors.READ,
        order=10,
        phone=True,
    ),
    Entry(title="work.day", path=PATH, icon="calendar-due", needs=days.HAVE_ONE, order=10, phone=True),
)
Show = Literal["", "late", "soon", "reply"]
_ROWS, _NOTICES, _RECEPTIONS = 25, 5, 4
# From which hour of the day on one greets so.
_NOON_FROM, _NOON_TO, _EVENING = 11, 13, 18
_COMPLAINTS, _RECEPTION = may("complaints:read"), may("receptions:read")


class Stat(Struct, frozen=True):
    """One figure, and where its rows are."""

    name: str
    value: int
    tone: str
    href: str
    detail: str = ""


class Waiting(Struct, frozen=True):
    """So much waits for the reader behind an entry of the menu, and what it is in words."""

    path: str
    count: int
    tone: str
    said: str


class WorkScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=anyone)
    async def home(
        self, shell: Shell, show: Show = "", whose: Whose = "mine", cursor: str | None = None
    ) -> Response[str]:
        if auditors.READ(shell.act.by):
            return await auditors.page(shell)
        if days.HAVE_ONE(shell.act.by) and not cursor:
            return await days.page(shell)
        return await _workbench(shell, show, whose, cursor)

    @get("/work/counts", needs=staff_only)
    async def counts(self, shell: Shell) -> Response[str]:
        waiting = _beside_the_menu(await queries.counts(WorkFilter(), shell.act), shell)
        if auditors.READ(shell.act.by) and (count := await auditors.unseen(shell.act)):
            said = shell.says("oversight.unusual.waiting", count=count)
            waiting.append(Waiting(auditors.UNUSUAL_AT, count, "late", said))
        if auditors.READ(shell.act.by) and (owed := await auditors.unreviewed(shell.act))["count"]:
            late = bool(owed["late"])
            said = shell.says("emergencies.waiting_late" if late else "emergencies.waiting", **owed)
            waiting.append(Waiting(auditors.REVIEWS_AT, owed["count"], "late" if late else "", said))
        return shell.page("work/counts.html", counts=waiting)

    @get("/work/{kind:str}/{row_id:uuid}/do/{command:str}", needs=staff_only)
    async def ask(self, kind: str, row_id: UUID, command: str, shell: Shell) -> Response[str]:
        return await _known(kind).ask(command, row_id, shell)

    @post("/work/{kind:str}/{row_id:uuid}/do/{command:str}", needs=staff_only, status_code=200)
    async def do(self, kind: str, row_id: UUID, command: str, shell: Shell) -> Response[str]:
        return await _known(kind).do(command, row_id, shell)


class Arrival(Struct, frozen=True, kw_only=True):
    """A guest who comes today or tomorrow."""

    id: UUID
    customer_id: UUID
    customer_name: str | None
    protocol: str
    state: str
    arrives_at: datetime
    party_size: int
    host_id: UUID | None


_ARRIVALS = receptions.LISTED.wider(Arrival, customer_name=called("x.customer_id"))


def _known(kind: str) -> Commands:
    commands = COMMANDS.get(kind)
    if commands is None:
        raise NotFound(f"Nothing of the kind {kind[:40]} is done from here")
    return commands


async def _workbench(shell: Shell, show: Show, whose: Whose, cursor: str | None) -> Response[str]:
    found = await queries.owed(_asked(show, whose, shell), PageAsked(_ROWS, cursor), shell.act)
    arrivals = await _arrivals(shell) if _RECEPTION(shell.act.by) else []
    whom = [*(row.customer_id for row in found.items), *(guest.customer_id for guest in arrivals)]
    held = await marks(whom, shell.act)
    shown: dict[str, Any] = {
        "lines": await lines(found.items, held, shell),
        "levelled": LEVELLED,
        "whose": whose,
        "next": found.next,
    }
    shown |= {"address": lambda **changed: _address(**{"show": show, "whose": whose, **changed})}
    if shell.is_part and cursor:
        return shell.page("work/rows.html", **shown)
    beside: Whose = "unit" if leads(shell.act.by) else "desk"
    theirs = await queries.counts(WorkFilter(whose=beside), shell.act)
    mine = [one.own for one in theirs]
    notices = await inbox(InboxFilter(), PageAsked(_NOTICES), shell.act) if staff_only(shell.act.by) else None
    return shell.page(
        "work/workbench.html",
        **shown,
        show=show,
        beside=beside,
        totals={"mine": _total(mine), beside: _total(theirs)},
        late=sum(one.late for one in mine),
        soon=sum(one.soon for one in mine),
        stats=await _stats(mine, shell),
        tiles=await additions.stats(shell),
        arrivals=arrivals,
        marks=held,
        notices=notices.items if notices else [],
        greeting=_greeting(shell),
        start=await starting.steps(shell.act),
    )


def _asked(show: Show, whose: Whose, shell: Shell) -> WorkFilter:
    now = shell.act.now
    match show:
        case "late":
            return WorkFilter(whose=whose, due_before=now)
        case "soon":
            return WorkFilter(whose=whose, due_from=now, due_before=now + timedelta(hours=1))
        case "reply":
            return WorkFilter(whose=whose, kind="reply")
        case _:
            return WorkFilter(whose=whose)


def _address(show: str, whose: str, cursor: str = "") -> str:
    asked = {"show": show, "whose": "" if whose == "mine" else whose, "cursor": cursor}
    kept = {name: value for name, value in asked.items() if value}
    return f"{PATH}?{urlencode(kept)}" if kept else PATH


def _beside_the_menu(mine: Sequence[WorkCount], shell: Shell) -> list[Waiting]:
    """What waits for the reader: what is late, else what is due today; customers who wrote; decisions."""
    late, today = sum(one.late for one in mine), sum(one.today for one in mine)
    kinds = {one.kind: one for one in mine}
    first = Waiting(
        PATH,
        late or today,
        "late" if late else "",
        shell.says("work.counted.late" if late else "work.counted.today", count=late or today),
    )
    found = [first]
    for path, kind in ((f"{PREFIX}/complaints", "reply"), (f"{PREFIX}/approvals", "approval")):
        if kind in kinds:
            one = kinds[kind]
            tone = "late" if one.late else ""
            found.append(Waiting(path, one.count, tone, shell.says(f"work.counted.{kind}", count=one.count)))
    return [each for each in found if each.count]


def _total(counts: Sequence[WorkCount]) -> int:
    return sum(one.count for one in counts)


async def _stats(mine: list[WorkCount], shell: Shell) -> list[Stat]:
    """The figures above the list, each with where its rows are."""
    late, soon = sum(one.late for one in mine), sum(one.soon for one in mine)
    found = [
        Stat("mine", _total(mine), "", PATH),
        Stat("soon", soon, "warn" if soon else "", _address("soon", "mine")),
        Stat("late", late, "late" if late else "", _address("late", "mine")),
    ]
    if _COMPLAINTS(shell.act.by):
        replies = sum(one.count for one in mine if one.kind == "reply")
        since = end_of_day(shell, -1)
        settled = await settled_by(shell.act.by.person, since)
        asked = urlencode({"resolved_by": str(shell.act.by.person), "resolved_from": since.isoformat()})
        spent = shell.says("work.on_average", span=shell.clock.span(settled.spent)) if settled.spent else ""
        found += [
            Stat("reply", replies, "", _address("reply", "mine")),
            Stat("settled", settled.count, "", f"{PREFIX}/complaints?{asked}", spent),
        ]
    return found


async def _arrivals(shell: Shell) -> list[Arrival]:
    asked = ReceptionFilter(arrives_from=end_of_day(shell, -1), arrives_before=end_of_day(shell, 1))
    found = await _ARRIVALS.page(asked, PageAsked(_RECEPTIONS), shell.act)
    if found.items:
        await searched("reception", found, shell.act)
    return [arrival for arrival in found.items if arrival.state != "cancelled"]


def _greeting(shell: Shell) -> str:
    hour = shell.act.now.astimezone(ZoneInfo(shell.act.company.time_zone)).hour
    part = (
        "morning" if hour < _NOON_FROM else "noon" if hour < _NOON_TO else "afternoon" if hour < _EVENING else "evening"
    )
    return shell.says(f"work.greeting.{part}", name=shell.act.by.name)
