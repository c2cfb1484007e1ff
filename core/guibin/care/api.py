"""`/api/v1/reminders`, `/renewals`, `/care-tasks` and `/new-services`."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import Parameter
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.web.paging import Cursor, Page, by_day, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin.web.routing import gets, posts
from guibin_tenants.principals import may, sees_all

from . import actions, queries, renewals
from .queries import CareTaskView, ReminderView, RenewalView, TellingView
from .requests import Done, Reason, Telling, Told

READ, WRITE = may("care:read"), may("care:write")
State = Annotated[str | None, Parameter(query="state", default=None, description="open, done, withdrawn …")]
Manager = Annotated[UUID | None, Parameter(default=None, description="Customers of this account manager only.")]


class ReminderController(Controller):
    path = "/api/v1/reminders"
    tags = ("care",)

    @get("/", needs=READ, summary="Whom to tell that an order ends, the first due first")
    async def list_reminders(
        self,
        act: Act,
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
        await _looked("reminder", page.items, act)
        return page

    @post("/{reminder_id:uuid}/result", needs=WRITE, status_code=HTTP_200_OK, summary="The customer was told")
    async def remind(self, reminder_id: UUID, data: Told, act: Act) -> ReminderView:
        return await actions.remind(reminder_id, data, act)


class RenewalController(Controller):
    path = "/api/v1/renewals"
    tags = ("care",)

    @get("/", needs=READ, summary="Renewals, the first to end first")
    async def list_renewals(
        self, act: Act, in_state: State = None, limit: Limit = 50, cursor: CursorText = None
    ) -> Page[RenewalView]:
        found = await queries.renewals(state=in_state, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda one: Cursor(by_day(one.ends_on), one.id))
        await _looked("renewal", page.items, act)
        return page

    carry_out = posts(
        "/{renewal_id:uuid}/order",
        renewals.carry_out,
        needs=WRITE,
        summary="Open the order that follows an approved renewal",
    )


class CareTaskController(Controller):
    path = "/api/v1/care-tasks"
    tags = ("care",)

    @get("/", needs=READ, summary="Birthdays, anniversaries and festivals to be kept, the first first")
    async def list_tasks(
        self,
        act: Act,
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
        await _looked("care_task", page.items, act)
        return page

    @post("/{task_id:uuid}/result", needs=WRITE, status_code=HTTP_200_OK, summary="It was done")
    async def finish(self, task_id: UUID, data: Done, act: Act) -> CareTaskView:
        return await actions.end_task(task_id, "done", data.result, act)

    @post("/{task_id:uuid}/cancellation", needs=WRITE, status_code=HTTP_200_OK, summary="It will not be done, and why")
    async def cancel(self, task_id: UUID, data: Reason, act: Act) -> CareTaskView:
        return await actions.end_task(task_id, "cancelled", data.reason, act)


class NewServiceController(Controller):
    path = "/api/v1/new-services"
    tags = ("care",)
    list_services = gets("/", queries.services, needs=READ, summary="New services, the latest first")
    announce = posts(
        "/",
        actions.announce,
        needs=may("policy:write") & WRITE & sees_all,
        summary="Announce a service; lists whom the policy tells first",
    )

    @get("/{service_id:uuid}/tellings", needs=READ, summary="Who hears of it first, those who have not yet first")
    async def list_tellings(
        self, service_id: UUID, act: Act, limit: Limit = 50, cursor: CursorText = None
    ) -> Page[TellingView]:
        await queries.service(service_id)
        found = await queries.tellings(service_id, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda one: Cursor(act.now, one.customer_id, int(one.told_at is not None)))
        await _looked("new_service", page.items, act)
        return page

    @post("/{service_id:uuid}/tellings", needs=WRITE, status_code=HTTP_204_NO_CONTENT, summary="A customer was told")
    async def tell(self, service_id: UUID, data: Telling, act: Act) -> None:
        await actions.tell(service_id, data, act)

    start_trial = posts(
        "/{service_id:uuid}/trials",
        actions.start_trial,
        needs=WRITE,
        summary="Start a free trial; the entitlement counts",
    )


async def _looked(
    subject: str, shown: Sequence[ReminderView | RenewalView | CareTaskView | TellingView], act: Act
) -> None:
    customers = tuple({one.customer_id for one in shown})
    note = AuditNote(action=f"{subject}.search", subject=subject, customer_ids=customers, shown=len(shown))
    await record(note, act)
