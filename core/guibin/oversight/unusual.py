"""Drawing what looks unusual, reading it, and an auditor's word on it."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct
from msgspec.structs import replace

from guibin.audit.actions import AuditNote, noted, record
from guibin.audit.queries import LISTED as ENTRIES
from guibin.context import Act
from guibin.periods.days import local_day
from guibin.policy.looking import UnusualLookRule, UnusualName
from guibin.policy.words import Reason
from guibin.web.listing import Listing, PageAsked, newest_first
from guibin.web.paging import Page
from guibin_tenants import settings
from guibin_tenants.keys import hands_of
from guibin_tenants.rows import add, change, locked, many
from guibin_tenants.scope import execute

from .looks import LINES, LookLine, titled
from .refusals import OwnLook
from .rules import Drawn, Window, find
from .spans import midnight
from .tables import State, UnusualLook, UnusualLookMark

# The first time so much of the past is gone through.
AT_FIRST = timedelta(days=35)
BEHIND_MAX = 100
SETTING = "unusual_looks_drawn"
Mark = Literal["explained", "followed"]


class Gone(Struct, frozen=True):
    """Through which moment the record was gone through."""

    through: datetime | None = None


class NewMark(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """It is `explained`, or to be `followed` up, and why."""

    mark: Mark
    note: Reason


class UnusualLookView(Struct, frozen=True):
    """Looks that broke a rule: `found` customers or refusals between two moments, where `at_least` so many are asked for."""

    id: UUID
    rule: UnusualName
    clause: str
    actor_id: UUID
    actor_name: str
    unit_name: str
    customer_id: UUID | None
    customer_ids: tuple[UUID, ...]
    customer_names: tuple[str, ...]
    from_at: datetime
    until_at: datetime
    looks: int
    found: int
    at_least: int
    policy_version: int
    drawn_at: datetime
    state: State


class UnusualLookFilter(Struct, frozen=True, kw_only=True):
    """Which of them."""

    state: State | None = None
    rule: Annotated[str, Meta(max_length=40)] | None = None
    actor_id: UUID | None = None
    customer_id: UUID | None = None
    since: datetime | None = None


class MarkView(Struct, frozen=True):
    """An auditor's word on it."""

    mark: Mark
    note: str
    marked_by_name: str
    marked_at: datetime


class UnusualLookWhole(Struct, frozen=True):
    """One of them with the words on it, latest first, and the entries behind it, at most a hundred."""

    look: UnusualLookView
    marks: list[MarkView]
    entries: list[LookLine]


LISTED: Listing[UnusualLookView] = Listing(
    view=UnusualLookView,
    source="unusual_look x",
    order=newest_first("x.from_at"),
    columns={
        "unit_name": "coalesce((select u.name from staff s join org_unit u on u.id = s.org_unit_id where s.id = x.actor_id), '')",
        "customer_ids": ENTRIES.columns["customer_ids"],
        "customer_names": LINES.columns["customer_names"],
    },
    filters={
        "customer_id": "$value = any (x.customer_ids)",
        "since": "x.drawn_at >= $value",
    },
)


async def draw(act: Act) -> int:
    """Go through what was looked at since the last time, by every rule of the policy; how many are new.

    The day before the last time is gone through again: what grew since is told with its new figure, unless somebody marked it.
    """
    last = await settings.read(SETTING, Gone, Gone())
    begun = local_day(last.through or act.now - AT_FIRST, act.company.time_zone) - timedelta(days=1)
    window = Window(midnight(begun, act), act.now, act.company.time_zone)
    new = 0
    for rule in act.policy.unusual_looks:
        for drawn in await find(rule, window):
            new += await _remember(rule, drawn, act)
    await settings.write(SETTING, Gone(through=act.now))
    return new


async def _remember(rule: UnusualLookRule, drawn: Drawn, act: Act) -> int:
    count: int = await execute(
        "insert into unusual_look as u (id, rule, clause, actor_id, actor_name, customer_id, customer_ids, from_at, until_at,"
        " looks, found, at_least, policy_version, drawn_at, state) values (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7, $8,"
        " $9, $10, $11, $12, $13, 'open') on conflict (tenant_id, rule, actor_id, from_at, coalesce(customer_id, actor_id))"
        " do update set looks = excluded.looks, found = excluded.found, until_at = excluded.until_at,"
        " customer_ids = excluded.customer_ids where u.state = 'open' and u.looks < excluded.looks",
        rule.name,
        rule.clause,
        drawn.actor_id,
        drawn.actor_name,
        drawn.customer_id,
        list(drawn.customer_ids),
        drawn.from_at,
        drawn.until_at,
        drawn.looks,
        drawn.found,
        rule.at_least,
        act.policy.version,
        act.now,
    )
    return count


async def listed(filters: UnusualLookFilter, page: PageAsked, act: Act) -> Page[UnusualLookView]:
    """A page of them, the latest first; that it was read is on record."""
    found = await LISTED.page(filters, page, act)
    await noted("audit.unusual", act, subject="audit", shown=len(found.items))
    return found


async def whole(look_id: UUID, act: Act) -> UnusualLookWhole:
    """Raises NotFound. That it was read is on record."""
    look = await LISTED.one(look_id)
    marks = await many(MarkView, "from unusual_look_mark where look_id = $1 order by marked_at desc, id desc", look_id)
    about = "and $customer = any (x.customer_ids)" if look.customer_id else ""
    kind = "coalesce(x.refused, '') <> ''" if look.rule == "many_refused" else "cardinality(x.customer_ids) = 1"
    entries = await LINES.where(
        f"x.actor_id = $actor and x.happened_at >= $begun and x.happened_at < $ended and {kind} {about}",
        order=f"x.happened_at desc limit {BEHIND_MAX}",
        actor=look.actor_id,
        begun=look.from_at,
        ended=look.until_at,
        customer=look.customer_id,
    )
    await record(AuditNote(action="audit.unusual", subject="unusual_look", subject_id=look_id), act)
    return UnusualLookWhole(look, marks, [titled(each, act) for each in entries])


async def seen(look_id: UUID, _: Act) -> None:
    """Raises NotFound for one that is not to be seen from here."""
    await LISTED.one(look_id)


async def is_own(look: UnusualLookView, act: Act) -> bool:
    """Whether whoever asks looked themselves, under whichever of their names and keys."""
    return look.actor_id in await hands_of(act.by, now=act.now)


async def mark(look_id: UUID, new: NewMark, act: Act) -> UnusualLookView:
    """Say that it is explained, or to be followed up; both as often as there is something to say. Raises NotFound, OwnLook."""
    look = await LISTED.one(look_id)
    if await is_own(look, act):
        raise OwnLook()
    row = await locked(UnusualLook, look_id)
    await add(UnusualLookMark, act, look_id=look_id, mark=new.mark, note=new.note)
    await change(UnusualLook, look_id, state=new.mark)
    note = AuditNote(action="unusual_look.mark", subject="unusual_look", subject_id=look_id, shown=0)
    await record(replace(note, customer_id=row["customer_id"]), act)
    return await LISTED.one(look_id)
