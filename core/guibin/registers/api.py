"""`/api/v1/registers`: entries, what is due, frozen years; `/register-entries` and `/register-archives` by id."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, get
from litestar.params import Parameter
from msgspec import Struct

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.periods.days import local_day
from guibin.policy.packs import Policy
from guibin.reviews import dues
from guibin.reviews.dues import DutyCount, DutyFilter, Owed
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions, archives, queries
from .actions import SUBJECT
from .queries import ArchiveView, EntryForm, EntryView

READ, WRITE, DISCLOSE = may("records:read"), may("records:write"), may("customers:disclose")
Day = Annotated[date | None, Parameter(query="on", default=None, description="A day of the span; today without.")]
State = Annotated[Literal["due", "done", "missed"] | None, Parameter(query="state", default=None)]
What = Annotated[Literal["registration", "analysis"], Parameter(query="what", default="registration")]


class RegisterView(Struct, frozen=True):
    """A register the policy keeps, in the reader's language."""

    name: str
    title: str
    span: str
    analysed_every: str
    archived_every: str
    form: str
    clause: str


class RegisterController(Controller):
    path = "/api/v1/registers"
    tags = ("registers",)

    @get("/", needs=READ, summary="The registers the policy keeps")
    async def list_registers(self, policy: Policy, language: str) -> list[RegisterView]:
        return [
            RegisterView(
                one.name,
                policy.title(f"register.{one.name}", language),
                one.span,
                one.analysed_every,
                one.archived_every,
                one.form,
                one.clause,
            )
            for one in policy.registers
        ]

    @get("/{name:str}/entries", needs=READ, summary="Registrations and analyses, newest first")
    async def list_entries(
        self,
        name: str,
        act: Act,
        customer_id: UUID | None = None,
        span: str | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[EntryView]:
        register = actions.register_of(act.policy, name)
        found = await queries.entries(
            register.name, customer_id=customer_id, span=span, after=decode(cursor), limit=limit + 1
        )
        page = page_of(found, limit, lambda one: Cursor(one.written_at, one.id))
        customers = tuple({one.customer_id for one in page.items})
        note = AuditNote(action="register_entry.search", subject=SUBJECT, customer_ids=customers, shown=len(page.items))
        await record(note, act)
        return page

    enter = posts(
        "/{name:str}/entries", actions.enter, needs=WRITE, summary="Register or analyse a customer's file for a span"
    )

    @get("/{name:str}/dues", needs=READ, summary="Whose file is to be registered or analysed: due, done, missed")
    async def list_dues(
        self,
        name: str,
        act: Act,
        what: What = "registration",
        on_day: Day = None,
        in_state: State = None,
        account_manager_id: UUID | None = None,
        customer_id: UUID | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[Owed]:
        day = on_day or local_day(act.now, act.company.time_zone)
        duty = dues.register_on(actions.register_of(act.policy, name), what, day, act.company.time_zone)
        wanted = DutyFilter(state=in_state, account_manager_id=account_manager_id, customer_id=customer_id)
        found = await dues.owed("register_entry", duty, wanted, now=act.now, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda one: Cursor(one.created_at, one.customer_id))
        shown = tuple(one.customer_id for one in page.items)
        await record(AuditNote(action="register_entry.dues", customer_ids=shown, shown=len(shown)), act)
        return page

    @get("/{name:str}/counts", needs=READ, summary="How it stands, per account manager")
    async def count(self, name: str, act: Act, what: What = "registration", on_day: Day = None) -> list[DutyCount]:
        day = on_day or local_day(act.now, act.company.time_zone)
        duty = dues.register_on(actions.register_of(act.policy, name), what, day, act.company.time_zone)
        found = await dues.counts("register_entry", (duty,), now=act.now)
        await record(AuditNote(action="register_entry.count", shown=len(found)), act)
        return found

    @get("/{name:str}/archives", needs=READ, summary="Frozen years, newest first")
    async def list_archives(
        self,
        name: str,
        act: Act,
        customer_id: UUID | None = None,
        span: str | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[ArchiveView]:
        register = actions.register_of(act.policy, name)
        found = await queries.archives(
            register.name, customer_id=customer_id, span=span, after=decode(cursor), limit=limit + 1
        )
        page = page_of(found, limit, lambda one: Cursor(one.archived_at, one.id))
        customers = tuple({one.customer_id for one in page.items})
        note = AuditNote(
            action="register_archive.search",
            subject=archives.SUBJECT,
            customer_ids=customers,
            shown=len(page.items),
        )
        await record(note, act)
        return page


class RegisterEntryController(Controller):
    path = "/api/v1"
    tags = ("registers",)

    @get("/register-entries/{entry_id:uuid}", needs=READ, summary="An entry with its corrections")
    async def show(self, entry_id: UUID, act: Act) -> EntryForm:
        found = await queries.entry(entry_id)
        note = AuditNote(
            action="register_entry.read", subject=SUBJECT, subject_id=entry_id, customer_id=found.customer_id
        )
        await record(note, act)
        return found

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
