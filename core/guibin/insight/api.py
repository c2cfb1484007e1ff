"""`/api/v1/statistics`: figures of a week, month or year."""

from datetime import datetime
from typing import Literal

from litestar import Controller, get

from guibin.audit.actions import AuditNote, record
from guibin.context import Company
from guibin_tenants.principals import Principal, may

from .complaints import ComplaintStatistics, complaint_statistics
from .periods import parse_period


class StatisticsController(Controller):
    path = "/api/v1/statistics"
    tags = ("statistics",)

    @get("/", needs=may("insight:read"), summary="Complaints of a period such as 2015-W26")
    async def show(
        self, period: str, by: Principal, company: Company, now: datetime, kind: Literal["complaints"] = "complaints"
    ) -> ComplaintStatistics:
        found = await complaint_statistics(parse_period(period, company.time_zone), now=now)
        note = AuditNote(action=f"statistics.{kind}", subject="statistics", shown=found.received)
        await record(note, by=by, now=now)
        return found
