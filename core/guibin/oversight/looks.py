"""Who looked at whom: the record as auditors read it, and counted by person, customer, purpose and action."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct
from msgspec.structs import replace

from guibin.audit import queries as audit
from guibin.audit.actions import AuditNote, noted, record
from guibin.audit.kinds import ACTIONS, title_of
from guibin.audit.queries import IN_CLEAR, AuditEntryView, AuditFilter
from guibin.context import Act
from guibin.profiles.queries import customer_named
from guibin.web.listing import Listing, PageAsked
from guibin.web.paging import Page
from guibin_tenants.refusals import NotFound
from guibin_tenants.rows import many
from guibin_tenants.scope import fetch_column

from . import counts
from .counts import Group, Part
from .spans import Span, bounded

GROUPS_MAX = 200


class LookFilter(AuditFilter, frozen=True):
    """As the record is asked; `span` stands for `since` and `until`, `thing` for what was looked at, and `q` is a name: of
    somebody who looked, or a name or number of the customer who was looked at."""

    span: Span | None = None
    thing: Annotated[str, Meta(max_length=60)] | None = None
    q: Annotated[str, Meta(max_length=100)] | None = None


class LookLine(AuditEntryView, frozen=True):
    """An entry as pages show it: where whoever acted belongs, and what the first of the customers are called who are in sight."""

    unit_name: str
    customer_names: tuple[str, ...]
    clear: bool


NAMES_SHOWN = 3
_NAMES = (
    f"(select coalesce(array_agg(c.name order by s.place), '{{}}') from unnest(x.customer_ids[1:{NAMES_SHOWN}])"
    f" with ordinality as s (id, place) {customer_named('c', 's.id')})"
)

LINES: Listing[LookLine] = replace(
    audit.LISTED.wider(
        LookLine,
        unit_name="coalesce((select u.name from org_unit u where u.id = x.org_unit_id), '')",
        customer_names=_NAMES,
        clear=IN_CLEAR,
    ),
    filters=audit.LISTED.filters
    | {
        # One that nobody knows any more is a pack's that was taken out.
        "thing": "case when $known::bool then x.action = any ($actions::text[]) else x.action like $value || '.%' end",
        "q": "x.actor_id = any ($people::uuid[]) or x.id = any (array("
        "select e.id from audit_entry e where e.subject_id = any ($customers::uuid[])"
        " union select e.id from audit_entry e where e.customer_ids[1] = any ($customers::uuid[])"
        " union select l.entry_id from listed_customer l where l.customer_id = any ($customers::uuid[])"
        f" union select e.id from audit_entry e where e.happened_at >= {audit.LISTED_UNTIL}"
        " and cardinality(e.customer_ids) > 1 and e.customer_ids && $customers::uuid[]))",
    },
)


async def lines(filters: LookFilter, page: PageAsked, act: Act) -> Page[LookLine]:
    """A page of the record, newest first; that it was read stands in it."""
    asked = bounded(filters, act)
    people, customers = await _called(filters.q) if filters.q else ([], [])
    actions = _of_thing(filters.thing, act)
    known = {"people": people, "customers": customers, "actions": actions, "known": bool(actions)}
    found = await LINES.page(asked, page, act, **known)
    await audit.note_reading(filters, len(found.items), act)
    return Page([titled(each, act) for each in found.items], found.next)


def _of_thing(thing: str | None, act: Act) -> list[str]:
    """What can be done to it, the company's packs' actions too."""
    of_packs = (key.removeprefix("audit.") for key in act.policy.texts if key.startswith("audit."))
    return sorted({action for action in (*ACTIONS, *of_packs) if action.partition(".")[0] == thing})


async def _called(q: str) -> tuple[list[UUID], list[UUID]]:
    """Who works or worked here under this name, and the customers of this name or number."""
    words = q.strip()
    people = await fetch_column("select id from staff where name = $1 limit 50", words)
    customers = await fetch_column("select id from customer where name = $1 or number = $1 limit 50", words)
    return people, customers


async def entry(entry_id: UUID, act: Act) -> LookLine:
    """One entry. Raises NotFound."""
    found = titled(await LINES.one(entry_id), act)
    note = AuditNote(action="audit.entry", subject="audit", subject_id=entry_id, customer_ids=found.customer_ids)
    await record(note, act)
    return found


def titled(line: LookLine, act: Act) -> LookLine:
    """With what was done in the caller's language."""
    return replace(line, title=title_of(line.action, act.policy, act.language))


class GroupFilter(Struct, frozen=True, kw_only=True):
    """By what looks are counted, and within which span."""

    part: Part = "person"
    span: Span = "week"


class Groups(Struct, frozen=True):
    """The groups with most looks first; `more` there were than are shown."""

    rows: list[Group]
    more: bool


async def groups(filters: GroupFilter, act: Act) -> Groups:
    """Looks of the span, counted. Whoever counts them stands in the record, too."""
    found = await counts.count(filters.part, filters.span, act, most=GROUPS_MAX + 1)
    await noted("audit.count", act, subject="audit", fields=(filters.part, filters.span), shown=len(found))
    shown = found[:GROUPS_MAX]
    if filters.part == "action":
        shown = [replace(each, name=title_of(each.name, act.policy, act.language)) for each in shown]
    return Groups(shown, more=len(found) > GROUPS_MAX)


class Known(Struct, frozen=True):
    """A customer as the record names them: by number and name, and nothing else of the archive."""

    id: UUID
    number: str
    name: str
    unit_name: str


_KNOWN = (
    "from (select c.id, c.number, c.name, coalesce(u.name, '') as unit_name from customer c"
    " left join org_unit u on u.id = c.org_unit_id where {}) known order by name, number limit 20"
)


async def find(q: str, act: Act) -> list[Known]:
    """Customers by their number or name, or how it begins; at most twenty."""
    words = q.strip()
    if not words:
        return []
    begins = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    found = await many(Known, _KNOWN.format("c.number like $1 or c.name like $1"), begins)
    ids = tuple(each.id for each in found)
    await record(AuditNote(action="audit.find", subject="audit", customer_ids=ids, shown=len(found)), act)
    return found


async def known(customer_id: UUID) -> Known:
    """Raises NotFound."""
    found = await many(Known, _KNOWN.format("c.id = $1"), customer_id)
    if not found:
        raise NotFound(f"There is no customer {customer_id}")
    return found[0]


async def names(ids: Sequence[UUID]) -> dict[UUID, Known]:
    """Those of these customers who are in sight."""
    return {
        each.id: each for each in await many(Known, _KNOWN.replace("limit 20", "").format("c.id = any ($1)"), list(ids))
    }


def things() -> list[str]:
    """What can be looked at: the first words of actions that only show something."""
    return sorted({action.partition(".")[0] for action, known in ACTIONS.items() if known.looked})
