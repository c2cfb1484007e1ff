"""`/api/v1/audit-entries`: for auditors, who read the record and no file."""

from litestar import Controller, put

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.web.routing import gets
from guibin_tenants.principals import may, sees_all

from . import look_ups, queries
from .look_ups import LookUpLimits


class AuditController(Controller):
    path = "/api/v1/audit-entries"
    tags = ("audit",)
    list_entries = gets("/", queries.entries, "Who looked at or changed whose file", needs=may("audit:read"))


class LookUpLimitController(Controller):
    path = "/api/v1/look-up-limits"
    tags = ("audit",)
    show = gets(
        "/",
        look_ups.limits,
        "How many numbers one caller may ask for within an hour",
        needs=may("audit:read") | may("policy:write"),
    )

    @put(
        "/",
        needs=may("policy:write") & sees_all,
        confirmed=True,
        summary="Set how many numbers one caller may ask for within an hour",
    )
    async def change(self, data: LookUpLimits, act: Act) -> LookUpLimits:
        await look_ups.set_limits(data)
        await noted("look-up-limits.change", act, subject="look_up_limits", shown=0)
        return data
