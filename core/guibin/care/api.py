"""`/api/v1/reminders`, `/renewals`, `/care-tasks` and `/new-services`."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import Parameter
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from guibin.audit.actions import AuditNote, record
from guibin.context import Company
from guibin.policy.packs import Policy
from guibin.web.paging import Cursor, Page, by_day, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin_tenants.principals import Principal, may, sees_all

from . import actions, queries, renewals
from .queries import CareTaskView, NewServiceView, ReminderView, RenewalView, TellingView, TrialView
from .requests import Done, NewServiceAnnouncement, NewTrial, Reason, RenewedOrder, Telling, Told

READ, WRITE = may("care:read"), may("care:write")
State = Annotated[str | None, Parameter(query="state", default=None, description="open, done, withdrawn …")]
Manager = Annotated[UUID | None, Parameter(default=None, description="Customers of this account manager only.")]


class ReminderController(Controller):
    path = "/api/v1/reminders"
    tags = ("care",)

    @get("/", needs=READ, summary="Whom to tell that an order ends, the first due first")
    async def list_reminders(
        self,
        by: Principal,
        now: datetime,
        in_state: State = None,
        account_manager_id: Manager = None,
        due_by: date | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[ReminderView]:
        found = await queries.reminders(
            manager_id=account_manager_id, state=in_state, due_by=due_by, after=decode(cursor), limit=limit + 1
        )
        page = page_of(found, limit, lambda one: Cursor(by_day(one.due_on), one.id))
        await _looked("reminder", page.items, by, now)
        return page

    @post("/{reminder_id:uuid}/result", needs=WRITE, status_code=HTTP_200_OK, summary="The customer was told")
    async def remind(self, reminder_id: UUID, data: Told, by: Principal, now: datetime) -> ReminderView:
        return await actions.remind(reminder_id, data, by=by, now=now)


class RenewalController(Controller):
    path = "/api/v1/renewals"
    tags = ("care",)

    @get("/", needs=READ, summary="Renewals, the first to end first")
    async def list_renewals(
        self, by: Principal, now: datetime, in_state: State = None, limit: Limit = 50, cursor: CursorText = None
    ) -> Page[RenewalView]:
        found = await queries.renewals(state=in_state, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda one: Cursor(by_day(one.ends_on), one.id))
        await _looked("renewal", page.items, by, now)
        return page

    @post("/{renewal_id:uuid}/order", needs=WRITE, summary="Open the order that follows an approved renewal")
    async def carry_out(self, renewal_id: UUID, data: RenewedOrder, by: Principal, now: datetime) -> RenewalView:
        return await renewals.carry_out(renewal_id, data, by=by, now=now)


class CareTaskController(Controller):
    path = "/api/v1/care-tasks"
    tags = ("care",)

    @get("/", needs=READ, summary="Birthdays, anniversaries and festivals to be kept, the first first")
    async def list_tasks(
        self,
        by: Principal,
        now: datetime,
        in_state: State = None,
        account_manager_id: Manager = None,
        until: date | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[CareTaskView]:
        found = await queries.tasks(
            manager_id=account_manager_id, state=in_state, until=until, after=decode(cursor), limit=limit + 1
        )
        page = page_of(found, limit, lambda one: Cursor(by_day(one.occurs_on), one.id))
        await _looked("care_task", page.items, by, now)
        return page

    @post("/{task_id:uuid}/result", needs=WRITE, status_code=HTTP_200_OK, summary="It was done")
    async def finish(self, task_id: UUID, data: Done, by: Principal, now: datetime) -> CareTaskView:
        return await actions.end_task(task_id, "done", data.result, by=by, now=now)

    @post("/{task_id:uuid}/cancellation", needs=WRITE, status_code=HTTP_200_OK, summary="It will not be done, and why")
    async def cancel(self, task_id: UUID, data: Reason, by: Principal, now: datetime) -> CareTaskView:
        return await actions.end_task(task_id, "cancelled", data.reason, by=by, now=now)


class NewServiceController(Controller):
    path = "/api/v1/new-services"
    tags = ("care",)

    @get("/", needs=READ, summary="New services, the latest first")
    async def list_services(self) -> list[NewServiceView]:
        return await queries.services()

    @post(
        "/",
        needs=may("policy:write") & WRITE & sees_all,
        summary="Announce a service; lists whom the policy tells first",
    )
    async def announce(
        self, data: NewServiceAnnouncement, policy: Policy, company: Company, by: Principal, now: datetime
    ) -> NewServiceView:
        return await actions.announce(data, policy=policy, company=company, by=by, now=now)

    @get("/{service_id:uuid}/tellings", needs=READ, summary="Who hears of it first, those who have not yet first")
    async def list_tellings(
        self, service_id: UUID, by: Principal, now: datetime, limit: Limit = 50, cursor: CursorText = None
    ) -> Page[TellingView]:
        await queries.service(service_id)
        found = await queries.tellings(service_id, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda one: Cursor(now, one.customer_id, int(one.told_at is not None)))
        await _looked("new_service", page.items, by, now)
        return page

    @post("/{service_id:uuid}/tellings", needs=WRITE, status_code=HTTP_204_NO_CONTENT, summary="A customer was told")
    async def tell(self, service_id: UUID, data: Telling, company: Company, by: Principal, now: datetime) -> None:
        await actions.tell(service_id, data, company=company, by=by, now=now)

    @post("/{service_id:uuid}/trials", needs=WRITE, summary="Start a free trial; the entitlement counts")
    async def start_trial(
        self, service_id: UUID, data: NewTrial, policy: Policy, company: Company, by: Principal, now: datetime
    ) -> TrialView:
        return await actions.start_trial(service_id, data, policy=policy, company=company, by=by, now=now)


async def _looked(
    subject: str,
    shown: Sequence[ReminderView | RenewalView | CareTaskView | TellingView],
    by: Principal,
    now: datetime,
) -> None:
    customers = tuple({one.customer_id for one in shown})
    note = AuditNote(action=f"{subject}.search", subject=subject, customer_ids=customers, shown=len(shown))
    await record(note, by=by, now=now)
