"""`/api/v1/reminders`, `/renewals`, `/care-tasks` and `/new-services`."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from guibin.audit.actions import searched
from guibin.context import Act
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import gets, posts
from guibin_tenants.principals import may, sees_all

from . import actions, queries, renewals
from .queries import (
    REMINDERS,
    RENEWALS,
    TASKS,
    TELLINGS,
    CareTaskFilter,
    CareTaskView,
    ReminderFilter,
    ReminderView,
    RenewalFilter,
    RenewalView,
    TellingView,
)
from .requests import Done, Reason, Telling

READ, WRITE = may("care:read"), may("care:write")


class ReminderController(Controller):
    path = "/api/v1/reminders"
    tags = ("care",)

    @get(
        "/",
        needs=READ,
        summary="Whom to tell that an order ends, the first due first",
        dependencies={"filters": from_query(ReminderFilter)},
    )
    async def list_reminders(self, filters: ReminderFilter, page: PageAsked, act: Act) -> Page[ReminderView]:
        return await searched("reminder", await REMINDERS.page(filters, page, act), act)

    remind = posts(
        "/{reminder_id:uuid}/result",
        actions.remind,
        needs=WRITE,
        status_code=HTTP_200_OK,
        summary="The customer was told",
    )


class RenewalController(Controller):
    path = "/api/v1/renewals"
    tags = ("care",)

    @get(
        "/",
        needs=READ,
        summary="Renewals, the first to end first",
        dependencies={"filters": from_query(RenewalFilter)},
    )
    async def list_renewals(self, filters: RenewalFilter, page: PageAsked, act: Act) -> Page[RenewalView]:
        return await searched("renewal", await RENEWALS.page(filters, page, act), act)

    carry_out = posts(
        "/{renewal_id:uuid}/order",
        renewals.carry_out,
        needs=WRITE,
        summary="Open the order that follows an approved renewal",
    )


class CareTaskController(Controller):
    path = "/api/v1/care-tasks"
    tags = ("care",)

    @get(
        "/",
        needs=READ,
        summary="Birthdays, anniversaries and festivals to be kept, the first first",
        dependencies={"filters": from_query(CareTaskFilter)},
    )
    async def list_tasks(self, filters: CareTaskFilter, page: PageAsked, act: Act) -> Page[CareTaskView]:
        return await searched("care_task", await TASKS.page(filters, page, act), act)

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
    async def list_tellings(self, service_id: UUID, page: PageAsked, act: Act) -> Page[TellingView]:
        await queries.service(service_id)
        return await searched("new_service", await TELLINGS.page(None, page, act, service=service_id), act)

    @post("/{service_id:uuid}/tellings", needs=WRITE, status_code=HTTP_204_NO_CONTENT, summary="A customer was told")
    async def tell(self, service_id: UUID, data: Telling, act: Act) -> None:
        await actions.tell(service_id, data, act)

    start_trial = posts(
        "/{service_id:uuid}/trials",
        actions.start_trial,
        needs=WRITE,
        summary="Start a free trial; the entitlement counts",
    )
