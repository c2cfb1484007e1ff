"""An edition of the notice as a page to be printed: one file, no script, nothing from elsewhere."""

import base64
import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from html import escape
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from guibin.policy.packs import Policy
from guibin_tenants import org_units
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch, fetch_one

from .sealing import NoticeContent, opened

STYLE = (
    'body{font:14px/1.7 "Noto Sans SC","Microsoft YaHei","PingFang SC",sans-serif;margin:2rem auto;max-width:52rem;'
    "padding:0 1rem;color:#111}h1{font-size:1.6rem;text-align:center;margin-bottom:.2rem}h2{font-size:1.1rem;"
    "margin-top:1.6rem}table{border-collapse:collapse;width:100%}th,td{border:1px solid #888;padding:.35rem .5rem;"
    "text-align:left;vertical-align:top;white-space:pre-line}th{width:8rem;background:#f2f2f2}tr{break-inside:avoid}"
    ".note{text-align:center;color:#555}@media print{body{margin:0;max-width:none}}"
)
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
Say = Callable[[str], str]


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


def page(printed: Printed, policy: Policy, *, language: str, time_zone: str) -> bytes:
    """The edition in the reader's language; times are the company's own."""
    zone = ZoneInfo(time_zone)

    def say(key: str) -> str:
        return policy.title(key, language)

    def at(moment: datetime | None) -> str:
        return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M") if moment else ""

    title = say(f"reception_notice.{printed.kind}")
    issued = f"{say('reception_notice.issued')}：{printed.issued_by_name} {at(printed.issued_at)}"
    number = say("reception_notice.edition").replace("$edition", str(printed.edition))
    return (
        f'<!doctype html><html lang="{escape(language)}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">'
        f"<title>{escape(title)} {escape(printed.number)}</title><style>{STYLE}</style><h1>{escape(title)}</h1>"
        f'<p class="note">{escape(printed.house)} · {escape(printed.number)} · {escape(number)}'
        f" · {escape(say('reception_notice.confidential'))}</p>"
        f"{_head(printed, say, at)}{_itinerary(printed, say, at)}{_tasks(printed, say, at)}{_etiquette(printed, say)}"
        f'<p class="note">{escape(issued)}</p></html>'
    ).encode()


def _head(printed: Printed, say: Say, at: Callable[[datetime | None], str]) -> str:
    content = printed.content
    leaves = datetime.fromisoformat(content.leaves_at) if content and content.leaves_at else None
    rows = [
        ("protocol", say(f"protocol.{printed.protocol}")),
        ("arrives_at", at(printed.arrives_at)),
        ("leaves_at", at(leaves)),
    ]
    if content is not None:
        known, plan = content.particulars, content.plan
        rows += [
            ("channel", say(f"reception_channel.{content.channel}")),
            ("guest", "\n".join(part for part in (content.guest, known.guests if known else "") if part)),
            ("party_size", str(content.party_size)),
            ("host", content.host),
            ("reason", content.text),
            ("activities", "\n".join(p for p in (known.itinerary, known.activities) if p) if known else ""),
            ("requirements", known.requirements if known else ""),
            ("standard", plan.standard if plan else ""),
            ("plan", plan.plan if plan else ""),
        ]
    return _table(
        f"<tr><th>{escape(say(f'reception_notice.{name}'))}</th><td>{escape(text)}</td></tr>"
        for name, text in rows
        if text
    )


def _itinerary(printed: Printed, say: Say, at: Callable[[datetime | None], str]) -> str:
    plan = printed.content.plan if printed.content else None
    if plan is None or not plan.itinerary:
        return ""
    lines = (
        f"<tr><td>{escape(at(line.at))}</td><td>{escape(line.place)}</td><td>{escape(line.what)}</td></tr>"
        for line in plan.itinerary
    )
    return _section("itinerary", ("time", "place", "what"), lines, say)


def _tasks(printed: Printed, say: Say, at: Callable[[datetime | None], str]) -> str:
    signed = dict(printed.acknowledgements)
    tasks = printed.content.tasks if printed.content else ()
    lines = [
        f"<tr><td>{escape(say(f'department.{task.department}'))}</td>"
        f"<td>{escape(say(f'reception_task.{task.name}'))}</td>"
        f"<td>{escape(at(datetime.fromisoformat(task.due_at)))}</td>"
        f"<td>{escape(signed.get(task.department, ''))}</td></tr>"
        for task in tasks
    ]
    idle = [name for name in signed if name not in {task.department for task in tasks}]
    lines += [
        f"<tr><td>{escape(say(f'department.{name}'))}</td><td></td><td></td><td>{escape(signed[name])}</td></tr>"
        for name in idle
    ]
    return _section("tasks", ("department", "task", "due_at", "acknowledged"), lines, say)


def _etiquette(printed: Printed, say: Say) -> str:
    kept = printed.content.etiquette if printed.content else ()
    items = "".join(f"<li>{escape(say(f'etiquette.{item}'))}</li>" for item in kept)
    return f"<h2>{escape(say('reception_notice.etiquette'))}</h2><ul>{items}</ul>" if items else ""


def _section(name: str, heads: tuple[str, ...], lines: Iterable[str], say: Say) -> str:
    head = "".join(f"<th>{escape(say(f'reception_notice.{column}'))}</th>" for column in heads)
    return f"<h2>{escape(say(f'reception_notice.{name}'))}</h2>{_table((f'<tr>{head}</tr>', *lines))}"


def _table(rows: Iterable[str]) -> str:
    return f"<table><tbody>{''.join(rows)}</tbody></table>"
