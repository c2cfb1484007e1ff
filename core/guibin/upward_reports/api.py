"""`/api/v1/upward-reports`: suggestions and demands for those above."""

from uuid import UUID

from litestar import Controller
from msgspec import Struct, structs

from guibin.audit.answering import lists
from guibin.department_requests.actions import SUBJECT
from guibin.department_requests.queries import LISTED, MINE, looking
from guibin.department_requests.tables import State
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions

READ, WRITE = may("requests:read"), may("requests:write")
REPORTED = structs.replace(LISTED, holds=f"{MINE} and x.upward")


class UpwardReportFilter(Struct, frozen=True, kw_only=True):
    """Which reports; `overdue` asks for those unanswered past their time."""

    state: State | None = None
    owner_id: UUID | None = None
    asked_by: UUID | None = None
    overdue: bool = False


class UpwardReportController(Controller):
    path = "/api/v1/upward-reports"
    tags = ("department requests",)
    list_reports = lists(
        "/",
        REPORTED,
        UpwardReportFilter,
        "What you reported, and what was reported to you and below you; newest first",
        recorded="upward_report",
        subject=SUBJECT,
        values=lambda act: looking(act.by),
    )
    report = posts("/", actions.report, "Report a suggestion or demand to the nearest leader above")
    pass_up = posts("/{report_id:uuid}/passing-up", actions.pass_up, "It exceeds your authority: on to the next above")
