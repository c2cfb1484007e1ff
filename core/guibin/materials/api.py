"""`/api/v1/materials-given`: brochures, promotional articles and demonstrations, free of charge."""

from datetime import date

from litestar import Controller, get

from guibin.audit.answering import lists
from guibin.context import Act
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions, queries
from .queries import LISTED, SUBJECT, GivingCount, GivingFilter

READ, WRITE = may("records:read"), may("records:write")


class MaterialController(Controller):
    path = "/api/v1/materials-given"
    tags = ("materials",)
    give = posts("/", actions.give, "Give a customer material or show a demonstration, free of charge")
    list_given = lists("/", LISTED, GivingFilter, "What was given, newest first", recorded=SUBJECT)

    @get("/counts", needs=READ, summary="How much of each was given, to how many")
    async def count(
        self, act: Act, given_from: date | None = None, given_before: date | None = None
    ) -> list[GivingCount]:
        return await queries.counts(act, given_from, given_before)
