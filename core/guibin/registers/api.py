"""`/api/v1/registers`: entries, what is due, frozen years; `/register-entries` and `/register-archives` by id."""

from litestar import Controller, get

from guibin.audit.actions import noted, searched
from guibin.audit.answering import lists, reads
from guibin.context import Act
from guibin.periods.days import local_day
from guibin.reviews import dues
from guibin.reviews.dues import Duty, DutyCount, DutyFilter, Owed
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import gets, posts
from guibin_tenants.principals import may

from . import actions, queries, sealing
from .actions import SUBJECT
from .queries import ARCHIVES, ENTRIES, FORM, Draft, DraftAsked, SpanFilter
from .requests import DutyAsked

READ, WRITE, DISCLOSE = may("records:read"), may("records:write"), may("customers:disclose")


def _of_register(act: Act, name: str) -> dict[str, str]:
    return {"register": actions.register_of(act.policy, name).name}


class RegisterController(Controller):
    path = "/api/v1/registers"
    tags = ("registers",)
    list_registers = gets("/", queries.registers, "The registers the policy keeps")
    list_entries = lists(
        "/{name:str}/entries",
        ENTRIES,
        SpanFilter,
        "Registrations and analyses, newest first",
        recorded=SUBJECT,
        values=_of_register,
    )
    enter = posts("/{name:str}/entries", actions.enter, "Register or analyse a customer's file for a span")

    @get(
        "/{name:str}/drafts",
        needs=WRITE & may("tiers:read"),
        summary="A registration drawn up from balances, transactions, cards and scores, to be completed",
        dependencies={"asked": from_query(DraftAsked)},
    )
    async def draft(self, name: str, asked: DraftAsked, act: Act) -> Draft:
        return await actions.draft(name, asked, act)

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
        await noted("register_entry.count", act, shown=len(counts))
        return counts

    list_archives = lists(
        "/{name:str}/archives",
        ARCHIVES,
        SpanFilter,
        "Frozen years, newest first",
        recorded=sealing.SUBJECT,
        values=_of_register,
    )


class RegisterEntryController(Controller):
    path = "/api/v1"
    tags = ("registers",)
    show = reads("/register-entries/{entry_id:uuid}", FORM, "An entry with its corrections", SUBJECT)
    correct = posts(
        "/register-entries/{entry_id:uuid}/corrections", actions.correct, "What it should have said, beside it"
    )
    disclose = posts(
        "/register-archives/{archive_id:uuid}/disclosures",
        sealing.disclose,
        "Show a frozen file, on record",
        needs=DISCLOSE,
        confirmed=True,
    )


def _duty(name: str, asked: DutyAsked, act: Act) -> Duty:
    zone = act.company.time_zone
    register = actions.register_of(act.policy, name)
    return dues.register_on(register, asked.what, asked.on or local_day(act.now, zone), zone)
