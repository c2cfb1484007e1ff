"""`/api/v1/registers`: entries, what is due, frozen years; `/register-entries` and `/register-archives` by id."""

from uuid import UUID

from litestar import Controller, get

from guibin.audit.actions import AuditNote, done, record, searched
from guibin.context import Act
from guibin.periods.days import local_day
from guibin.reviews import dues
from guibin.reviews.dues import Duty, DutyCount, DutyFilter, Owed
from guibin.sla.milestones import Case
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import gets, posts
from guibin_tenants.principals import may

from . import actions, archives, queries
from .actions import SUBJECT
from .queries import ARCHIVES, ENTRIES, FORM, ArchiveView, EntryForm, EntryView, SpanFilter
from .requests import DutyAsked

READ, WRITE, DISCLOSE = may("records:read"), may("records:write"), may("customers:disclose")


class RegisterController(Controller):
    path = "/api/v1/registers"
    tags = ("registers",)

    list_registers = gets("/", queries.registers, needs=READ, summary="The registers the policy keeps")

    @get(
        "/{name:str}/entries",
        needs=READ,
        summary="Registrations and analyses, newest first",
        dependencies={"filters": from_query(SpanFilter)},
    )
    async def list_entries(self, name: str, filters: SpanFilter, page: PageAsked, act: Act) -> Page[EntryView]:
        register = actions.register_of(act.policy, name)
        return await searched(SUBJECT, await ENTRIES.page(filters, page, act, register=register.name), act)

    enter = posts(
        "/{name:str}/entries", actions.enter, needs=WRITE, summary="Register or analyse a customer's file for a span"
    )

    @get(
        "/{name:str}/dues",
        needs=READ,
        summary="Whose file is to be registered or analysed: due, done, missed",
        dependencies={"filters": from_query(DutyFilter), "asked": from_query(DutyAsked)},
    )
    async def list_dues(
        self, name: str, asked: DutyAsked, filters: DutyFilter, page: PageAsked, act: Act
    ) -> Page[Owed]:
        owed = await dues.LISTED[SUBJECT].page(filters, page, act, **dues.asked(_duty(name, asked, act)))
        return await searched(SUBJECT, owed, act, subject="customer", verb="dues")

    @get(
        "/{name:str}/counts",
        needs=READ,
        summary="How it stands, per account manager",
        dependencies={"asked": from_query(DutyAsked)},
    )
    async def count(self, name: str, asked: DutyAsked, act: Act) -> list[DutyCount]:
        counts = await dues.counts(SUBJECT, (_duty(name, asked, act),), now=act.now)
        await record(AuditNote(action="register_entry.count", shown=len(counts)), act)
        return counts

    @get(
        "/{name:str}/archives",
        needs=READ,
        summary="Frozen years, newest first",
        dependencies={"filters": from_query(SpanFilter)},
    )
    async def list_archives(self, name: str, filters: SpanFilter, page: PageAsked, act: Act) -> Page[ArchiveView]:
        register = actions.register_of(act.policy, name)
        return await searched(archives.SUBJECT, await ARCHIVES.page(filters, page, act, register=register.name), act)


class RegisterEntryController(Controller):
    path = "/api/v1"
    tags = ("registers",)

    @get("/register-entries/{entry_id:uuid}", needs=READ, summary="An entry with its corrections")
    async def show(self, entry_id: UUID, act: Act) -> EntryForm:
        entry = await FORM.one(entry_id)
        await done("read", Case(SUBJECT, entry_id, entry.customer_id), act)
        return entry

    correct = posts(
        "/register-entries/{entry_id:uuid}/corrections",
        actions.correct,
        needs=WRITE,
        summary="What it should have said, beside it",
    )
    disclose = posts(
        "/register-archives/{archive_id:uuid}/disclosures",
        archives.disclose,
        needs=DISCLOSE,
        summary="Show a frozen file, on record",
    )


def _duty(name: str, asked: DutyAsked, act: Act) -> Duty:
    zone = act.company.time_zone
    register = actions.register_of(act.policy, name)
    return dues.register_on(register, asked.what, asked.on or local_day(act.now, zone), zone)
