"""Reading receptions: the list, and the whole file with everything that happened."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from guibin.audit.actions import done
from guibin.cases import Case
from guibin.cases.followed import FOLLOWED, Followed
from guibin.cases.outcomes import Outcome
from guibin.context import Act
from guibin.policy.receptions import Protocol
from guibin.profiles.queries import called
from guibin.sla.queries import due_at
from guibin.web.listing import Listing, earliest_first
from guibin_tenants.principals import may
from guibin_tenants.rows import given, line, lines
from guibin_tenants.scope import fetch, fetch_value

from .requests import Particulars, PlanContent
from .sealing import opened
from .tables import Reception, State


class ReceptionView(Struct, frozen=True, kw_only=True):
    """A reception as lists show it. `unacknowledged` departments and `open_tasks` say how prepared it is (S14-3)."""

    id: UUID
    number: str
    customer_id: UUID
    venue_id: UUID | None
    protocol: str
    state: State
    arrives_at: datetime
    leaves_at: datetime | None
    party_size: int
    host_id: UUID | None
    host_name: str
    edition: int
    unacknowledged: int
    open_tasks: int
    clause: str
    policy_version: int
    version: int


class EventLine(Struct, frozen=True):
    """Something that was done."""

    kind: str
    name: str
    kept: bool | None
    text: str
    happened_at: datetime
    written_by_name: str
    written_at: datetime


class ApplicationLine(Struct, frozen=True):
    """Asked for a protocol; how it ended."""

    protocol: str
    qualification: str
    reason: str
    approval_id: UUID
    applied_by_name: str
    applied_at: datetime
    outcome: Outcome | None


class PlanLine(Struct, frozen=True):
    """An edition of the plan; `content` is None once the archive is erased."""

    edition: int
    approval_id: UUID | None
    outcome: Outcome | None
    written_by_name: str
    written_at: datetime
    content: PlanContent | None


class ParticularsLine(Struct, frozen=True):
    """An edition of what is known of the guest; `content` is None once the archive is erased."""

    edition: int
    written_by_name: str
    written_at: datetime
    content: Particulars | None


class ChangeLine(Struct, frozen=True):
    """Time or party before and after."""

    arrives_from: datetime
    arrives_to: datetime
    leaves_from: datetime | None
    leaves_to: datetime | None
    party_from: int
    party_to: int
    reason: str
    changed_by_name: str
    changed_at: datetime


class NoticeLine(Struct, frozen=True):
    """An edition that went out."""

    id: UUID
    edition: int
    kind: str
    protocol: str
    reason: str
    arrives_at: datetime
    issued_by_name: str
    issued_at: datetime


class ArrivalLine(Struct, frozen=True):
    """The guest came through this passage."""

    channel: str
    waited_minutes: int
    text: str
    arrived_at: datetime
    written_by_name: str


class FeedbackLine(Struct, frozen=True):
    """What the guest said, and the answer."""

    id: UUID
    given: bool
    text: str
    score: int | None
    collected_by_name: str
    collected_at: datetime
    answer_by: datetime | None
    handling: str | None
    reply: str | None
    satisfied: bool | None
    answered_by_name: str | None
    answered_at: datetime | None


class MaterialLine(Struct, frozen=True):
    """A file that is kept; shown by a disclosure."""

    id: UUID
    name: str
    media_type: str
    added_by_name: str
    added_at: datetime


class ReceptionFile(ReceptionView, frozen=True, kw_only=True):
    """What is on file in clear. `terms` is the approved protocol; None before the approval."""

    source: str
    text: str
    received_by_name: str
    received_at: datetime
    terms: Protocol | None
    next_stage: str | None
    etiquette_left: list[str]
    feedback_by: datetime | None
    applications: list[ApplicationLine]
    changes: list[ChangeLine]
    notices: list[NoticeLine]
    arrival: ArrivalLine | None
    events: list[EventLine]
    feedback: list[FeedbackLine]
    materials: list[MaterialLine]


class ReceptionForm(ReceptionFile, frozen=True, kw_only=True):
    """The whole file, with what is sealed under the guest's key."""

    particulars: list[ParticularsLine]
    plans: list[PlanLine]


class ReceptionFilter(Struct, frozen=True, kw_only=True):
    """Which receptions: None does not filter. `arrives_from` is inclusive, `arrives_before` exclusive. `running` is neither filed
    nor called off; `q` is a part of the number or of the guest's name."""

    state: State | None = None
    running: bool = False
    venue_id: UUID | None = None
    q: Annotated[str, Meta(max_length=100)] | None = None
    protocol: str | None = None
    customer_id: UUID | None = None
    host_id: UUID | None = None
    number: str | None = None
    arrives_from: datetime | None = None
    arrives_before: datetime | None = None


LISTED = Listing(
    view=ReceptionView,
    source="reception x",
    order=earliest_first("x.arrives_at"),
    columns={
        "unacknowledged": "(select count(*)::int from reception_order o where o.reception_id = x.id"
        " and o.edition = x.edition and o.kind <> 'cancellation' and not exists (select from reception_acknowledgement a"
        " where a.tenant_id = o.tenant_id and a.order_id = o.id))",
        "open_tasks": "(select count(*)::int from reception_task t where t.reception_id = x.id and t.state = 'open')",
    },
    filters={
        "arrives_from": "x.arrives_at >= $value",
        "arrives_before": "x.arrives_at < $value",
        "running": "x.state not in ('filed', 'cancelled')",
        "q": f"strpos(lower(x.number || ' ' || coalesce({called('x.customer_id')}, '')), lower($value)) > 0",
    },
)


class ReceptionLine(ReceptionView, frozen=True, kw_only=True):
    """A reception as whoever prepares it sees it in a list: with names."""

    customer_name: str | None
    venue_name: str | None


QUEUE = LISTED.wider(
    ReceptionLine,
    customer_name=called("x.customer_id"),
    venue_name="(select u.name from org_unit u where u.id = x.venue_id)",
)
_PROTOCOL = "x.terms -> 'protocols' -> 0"
_ANSWER_BY = due_at("f.reception_id", "'answer:' || f.id")
FILE = LISTED.wider(
    ReceptionFile,
    terms=_PROTOCOL,
    next_stage=f"{_PROTOCOL} -> 'stages' ->> (select count(*)::int from reception_event e where e.reception_id = x.id"
    " and e.kind = 'stage')",
    etiquette_left="coalesce((select jsonb_agg(item order by place)"
    f" from jsonb_array_elements_text({_PROTOCOL} -> 'etiquette') with ordinality as kept (item, place)"
    " where not exists (select from reception_event e where e.reception_id = x.id and e.kind = 'etiquette'"
    " and e.name = item)), '[]'::jsonb)",
    feedback_by=due_at("x.id", "'feedback'"),
    applications=lines(ApplicationLine, "from reception_application where reception_id = x.id order by applied_at, id"),
    changes=lines(ChangeLine, "from reception_change where reception_id = x.id order by changed_at, id"),
    notices=lines(NoticeLine, "from reception_notice where reception_id = x.id order by edition"),
    arrival=line(ArrivalLine, "from reception_arrival where reception_id = x.id"),
    events=lines(EventLine, "from reception_event where reception_id = x.id order by written_at, id"),
    feedback=lines(
        FeedbackLine,
        f"from (select f.*, {_ANSWER_BY} as answer_by, a.handling, a.reply, a.satisfied,"
        " a.answered_by_name, a.answered_at from reception_feedback f"
        " left join reception_feedback_answer a on a.tenant_id = f.tenant_id and a.feedback_id = f.id"
        " where f.reception_id = x.id) heard order by collected_at, id",
    ),
    materials=lines(MaterialLine, "from reception_material where reception_id = x.id order by added_at, id"),
)


async def form(reception_id: UUID) -> ReceptionForm:
    """The reception with everything that belongs to it. Raises NotFound."""
    file = await FILE.one(reception_id)
    return ReceptionForm(**given(file), particulars=await _particulars(file.id), plans=await _plans(file.id))


async def shown(reception_id: UUID, act: Act, *, fields: tuple[str, ...] = ()) -> ReceptionForm:
    """The whole file, the look on record with which of its `fields` were opened. Raises NotFound."""
    found = await form(reception_id)
    opened_too = ("particulars", "plan", *fields)
    await done("read", Case("reception", reception_id, found.customer_id), act, fields=opened_too)
    return found


async def reception_of(plan_id: UUID) -> UUID | None:
    """Whose plan it is; None for one that is not to be seen from here."""
    found: UUID | None = await fetch_value("select reception_id from reception_plan where id = $1", plan_id)
    return found


async def _particulars(reception_id: UUID) -> list[ParticularsLine]:
    editions = await fetch(
        "select id, edition, sealed, customer_id as guest_id, written_by_name, written_at from reception_particulars"
        " where reception_id = $1 order by edition",
        reception_id,
    )
    return [
        ParticularsLine(
            row["edition"],
            row["written_by_name"],
            row["written_at"],
            await opened(row, Particulars, table="reception_particulars"),
        )
        for row in editions
    ]


async def _plans(reception_id: UUID) -> list[PlanLine]:
    editions = await fetch(
        "select id, edition, sealed, customer_id as guest_id, approval_id, outcome, written_by_name, written_at"
        " from reception_plan where reception_id = $1 order by edition",
        reception_id,
    )
    return [
        PlanLine(
            row["edition"],
            row["approval_id"],
            row["outcome"],
            row["written_by_name"],
            row["written_at"],
            await opened(row, PlanContent, table="reception_plan"),
        )
        for row in editions
    ]


FOLLOWED.give("reception", Followed(may("receptions:read"), Reception, matter="text"))
