"""An edition of the notice as a page to be printed."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from guibin.console.answers import told
from guibin.console.printing import Say, sheet
from guibin.context import Act
from guibin_tenants import org_units
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch, fetch_one

from .requests import Particulars
from .sealing import NoticeContent, opened


class Printed(Struct, frozen=True):
    """What is needed to print an edition. `house` is the unit that is visited, the head office where none is named."""

    customer_id: UUID
    house: str
    number: str
    edition: int
    kind: str
    protocol: str
    arrives_at: datetime
    issued_by_name: str
    issued_at: datetime
    content: NoticeContent | None
    acknowledgements: list[tuple[str, str]]


async def edition(reception_id: UUID, notice_id: UUID) -> Printed:
    """The edition as it went out, with who has acknowledged it so far. Raises NotFound."""
    row = await fetch_one(
        "select n.*, n.customer_id as guest_id, r.number, u.name as venue from reception_notice n join reception r on r.tenant_id = n.tenant_id"
        " and r.id = n.reception_id left join org_unit u on u.tenant_id = r.tenant_id and u.id = r.venue_id"
        " where n.id = $1 and n.reception_id = $2",
        notice_id,
        reception_id,
    )
    if row is None:
        raise NotFound(f"There is no notice {notice_id} of reception {reception_id}")
    orders = await fetch(
        "select o.department, a.acknowledged_by_name, a.acknowledged_at from reception_order o"
        " left join reception_acknowledgement a on a.tenant_id = o.tenant_id and a.order_id = o.id"
        " where o.reception_id = $1 and o.edition = $2 order by o.id",
        reception_id,
        row["edition"],
    )
    head = await org_units.head_office()
    return Printed(
        customer_id=row["customer_id"],
        house=row["venue"] or (head.name if head else ""),
        number=row["number"],
        edition=row["edition"],
        kind=row["kind"],
        protocol=row["protocol"],
        arrives_at=row["arrives_at"],
        issued_by_name=row["issued_by_name"],
        issued_at=row["issued_at"],
        content=await opened(row, NoticeContent, table="reception_notice"),
        acknowledgements=[(order["department"], order["acknowledged_by_name"] or "") for order in orders],
    )


def page(printed: Printed, act: Act) -> bytes:
    """The edition in the reader's language; times are the company's own."""
    zone = ZoneInfo(act.company.time_zone)

    def say(key: str) -> str:
        return act.policy.title(key, act.language)

    def at(moment: datetime | None) -> str:
        return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M") if moment else ""

    content = printed.content
    return sheet(
        "receptions/notice.html",
        say,
        act.language,
        printed=printed,
        edition=say("reception_notice.edition").replace("$edition", str(printed.edition)),
        head=_head(printed, say, at),
        itinerary=content.plan.itinerary if content and content.plan else (),
        tasks=_tasks(printed, at),
        etiquette=content.etiquette if content else (),
        at=at,
        printed_by=act.by.name,
        printed_at=act.now,
    )


def _head(printed: Printed, say: Say, at: Callable[[datetime | None], str]) -> list[tuple[str, str]]:
    content = printed.content
    leaves = datetime.fromisoformat(content.leaves_at) if content and content.leaves_at else None
    rows = [
        ("protocol", say(f"protocol.{printed.protocol}")),
        ("arrives_at", at(printed.arrives_at)),
        ("leaves_at", at(leaves)),
    ]
    if content is None:
        return _titled(rows, say)
    known, plan = content.particulars, content.plan
    rows += [
        ("channel", say(f"reception_channel.{content.channel}")),
        ("guest", "\n".join(part for part in (content.guest, known.guests if known else "") if part)),
        ("party_size", str(content.party_size)),
        ("host", content.host),
        ("reason", content.text),
        ("activities", "\n".join(p for p in (known.itinerary, known.activities) if p) if known else ""),
        ("requirements", known.requirements if known else ""),
    ]
    planned = [(name, getattr(plan, name) if plan else "") for name in ("standard", "room", "gifts", "plan")]
    return [*_titled(rows, say), *_filled_in(known, say), *_titled(planned, say)]


def _titled(rows: list[tuple[str, str]], say: Say) -> list[tuple[str, str]]:
    return [(say(f"reception_notice.{name}"), text) for name, text in rows]


def _filled_in(known: Particulars | None, say: Say) -> list[tuple[str, str]]:
    """The form that the visiting party was asked to fill in: diet, vehicles, security (S11-7)."""
    given = known.answers.items() if known else ()
    filled = [(name, value) for name, value in given if value not in (None, "")]
    return [
        (say(f"field.{name}"), told(name, value, say, lambda word: say(f"reception_notice.{word}")))
        for name, value in filled
    ]


def _tasks(printed: Printed, at: Callable[[datetime | None], str]) -> list[tuple[str, str, str, str]]:
    """Each department's tasks with who has acknowledged them, and those departments that have none."""
    signed = dict(printed.acknowledgements)
    tasks = printed.content.tasks if printed.content else ()
    lines = [
        (task.department, task.name, at(datetime.fromisoformat(task.due_at)), signed.get(task.department, ""))
        for task in tasks
    ]
    busy = {task.department for task in tasks}
    return lines + [(name, "", "", signed[name]) for name in signed if name not in busy]
