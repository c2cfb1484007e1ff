"""`/api/v1/qualifications` and `/qualification-records`: who has what their post needs, and what it rests on (S10-9)."""

from uuid import UUID

from litestar import Controller

from guibin.audit.actions import noted, searched
from guibin.context import Act
from guibin.files.api import files_of
from guibin.files.subjects import Holder, unless
from guibin.web.listing import PageAsked
from guibin.web.paging import Page
from guibin.web.routing import gets, posts
from guibin_tenants.principals import Principal, may

from . import actions, queries, training
from .actions import SUBJECT
from .queries import RECORDS, STANDINGS, RecordFilter, RecordView, StandingCount, StandingFilter, StandingView
from .tables import QualificationRecord

READ, KEEPS = may("records:read"), may("team:write")


async def standings(filters: StandingFilter, page: PageAsked, act: Act) -> Page[StandingView]:
    """One's own and those of whom one leads."""
    return await searched("qualification", await STANDINGS.page(filters, page, act, **queries.asking(act)), act)


async def records(filters: RecordFilter, page: PageAsked, act: Act) -> Page[RecordView]:
    """One's own and those of whom one leads, newest first."""
    return await searched(SUBJECT, await RECORDS.page(filters, page, act, **queries.looking(act)), act)


async def counts(act: Act) -> list[StandingCount]:
    """By qualification."""
    found = await queries.counts(act)
    await noted("qualification.count", act, subject=SUBJECT, shown=len(found))
    return found


class QualificationController(Controller):
    path = "/api/v1/qualifications"
    tags = ("qualifications",)
    list_standings = gets("/", standings, "How people stand with what their posts need", needs=READ)
    list_untrained = gets("/untrained", training.list_untrained, "Who had no training in a span", needs=READ)
    count = gets("/counts", counts, "How many have it, by qualification", needs=READ)


class QualificationRecordController(Controller):
    path = "/api/v1/qualification-records"
    tags = ("qualifications",)
    list_records = gets("/", records, "Qualifications on record, newest first", needs=READ)
    record = posts("/", actions.record, "Somebody obtained a qualification", needs=KEEPS)
    withdraw = posts("/{record_id:uuid}/withdrawal", actions.withdraw, "It is taken away", needs=KEEPS)


async def _nobodys(record_id: UUID, by: Principal) -> None:
    """A certificate is no customer's; whoever does not see the member of staff does not see it. Raises NotFound."""
    await RECORDS.one(record_id, me=by.person, leads=queries.leads(by), units=by.units_seen)


QualificationFiles = files_of(
    __name__,
    Holder(
        subject=SUBJECT,
        whose=_nobodys,
        reads=READ,
        writes=KEEPS,
        admits=unless(QualificationRecord, "x.withdrawn_at is not null"),
    ),
    "/api/v1/qualification-records/{record_id:uuid}",
    "qualifications",
)
