"""`/api/v1/reminders`, `/renewals`, `/care-tasks` and `/new-services`."""

from uuid import UUID

from litestar import Controller, get
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from guibin.audit.actions import searched
from guibin.audit.answering import lists
from guibin.context import Act
from guibin.web.listing import PageAsked
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
    ReminderFilter,
    RenewalFilter,
    TellingView,
)

READ, WRITE = may("care:read"), may("care:write")


class ReminderController(Controller):
    path = "/api/v1/reminders"
    tags = ("care",)
    list_reminders = lists(
        "/", REMINDERS, ReminderFilter, "Whom to tell that an order ends, the first due first", recorded="reminder"
    )
    remind = posts("/{reminder_id:uuid}/result", actions.remind, "The customer was told", status_code=HTTP_200_OK)


class RenewalController(Controller):
    path = "/api/v1/renewals"
    tags = ("care",)
    list_renewals = lists("/", RENEWALS, RenewalFilter, "Renewals, the first to end first", recorded="renewal")
    carry_out = posts("/{renewal_id:uuid}/order", renewals.carry_out, "Open the order that follows an approved renewal")


class CareTaskController(Controller):
    path = "/api/v1/care-tasks"
    tags = ("care",)
    list_tasks = lists(
        "/",
        TASKS,
        CareTaskFilter,
        "Birthdays, anniversaries and festivals to be kept, the first first",
        recorded="care_task",
    )
    finish = posts("/{task_id:uuid}/result", actions.finish, "It was done", status_code=HTTP_200_OK)
    cancel = posts(
        "/{task_id:uuid}/cancellation", actions.cancel, "It will not be done, and why", status_code=HTTP_200_OK
    )


class NewServiceController(Controller):
    path = "/api/v1/new-services"
    tags = ("care",)
    list_services = gets("/", queries.services, "New services, the latest first")
    announce = posts(
        "/",
        actions.announce,
        "Announce a service; lists whom the policy tells first",
        needs=may("policy:write") & WRITE & sees_all,
    )

    @get("/{service_id:uuid}/tellings", needs=READ, summary="Who hears of it first, those who have not yet first")
    async def list_tellings(self, service_id: UUID, page: PageAsked, act: Act) -> Page[TellingView]:
        await queries.service(service_id)
        return await searched("new_service", await TELLINGS.page(None, page, act, service=service_id), act)

    tell = posts("/{service_id:uuid}/tellings", actions.tell, "A customer was told", status_code=HTTP_204_NO_CONTENT)
    start_trial = posts("/{service_id:uuid}/trials", actions.start_trial, "Start a free trial; the entitlement counts")
