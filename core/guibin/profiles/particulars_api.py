"""`/api/v1/customers/{id}/contact-points`, `/occasions`, `/relatives`, `/links`."""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Controller, delete, get, post

from guibin.context import Company
from guibin.policy.packs import Policy
from guibin_tenants.principals import Principal, may

from . import particulars
from .particulars import (
    ContactPointView,
    DisclosedRelative,
    LinkView,
    NewContactPoint,
    NewLink,
    NewLinkEnding,
    NewOccasion,
    NewRelative,
    OccasionView,
    RelativePurpose,
    RelativeView,
)

READ, WRITE = may("customers:read"), may("customers:write")


class ParticularsController(Controller):
    path = "/api/v1/customers/{customer_id:uuid}"
    tags = ("customers",)

    @get("/contact-points", needs=READ, summary="Ways to reach the customer, masked")
    async def list_contact_points(self, customer_id: UUID, by: Principal, now: datetime) -> list[ContactPointView]:
        return await particulars.contact_points(customer_id, by=by, now=now)

    @post("/contact-points", needs=WRITE, summary="Add a way to reach the customer")
    async def add_contact_point(
        self, customer_id: UUID, data: NewContactPoint, policy: Policy, by: Principal, now: datetime
    ) -> ContactPointView:
        return await particulars.add_contact_point(customer_id, data, policy=policy, by=by, now=now)

    @delete("/contact-points/{point_id:uuid}", needs=WRITE, summary="Remove a way to reach the customer")
    async def remove_contact_point(self, customer_id: UUID, point_id: UUID, by: Principal, now: datetime) -> None:
        await particulars.remove_contact_point(customer_id, point_id, by=by, now=now)

    @get("/occasions", needs=READ, summary="Days to remember")
    async def list_occasions(self, customer_id: UUID, by: Principal, now: datetime) -> list[OccasionView]:
        return await particulars.occasions(customer_id, by=by, now=now)

    @post("/occasions", needs=WRITE, summary="Add a day to remember")
    async def add_occasion(self, customer_id: UUID, data: NewOccasion, by: Principal, now: datetime) -> OccasionView:
        return await particulars.add_occasion(customer_id, data, by=by, now=now)

    @delete("/occasions/{occasion_id:uuid}", needs=WRITE, summary="Remove a day to remember")
    async def remove_occasion(self, customer_id: UUID, occasion_id: UUID, by: Principal, now: datetime) -> None:
        await particulars.remove_occasion(customer_id, occasion_id, by=by, now=now)

    @get("/relatives", needs=READ, summary="Important relatives, masked")
    async def list_relatives(self, customer_id: UUID, by: Principal, now: datetime) -> list[RelativeView]:
        return await particulars.relatives(customer_id, by=by, now=now)

    @post("/relatives", needs=WRITE, summary="Add an important relative; sealed")
    async def add_relative(self, customer_id: UUID, data: NewRelative, by: Principal, now: datetime) -> RelativeView:
        return await particulars.add_relative(customer_id, data, by=by, now=now)

    @post("/relatives/disclosures", needs=may("customers:disclose"), summary="Show relatives in clear, on record")
    async def disclose_relatives(
        self, customer_id: UUID, data: RelativePurpose, by: Principal, now: datetime
    ) -> list[DisclosedRelative]:
        return await particulars.disclose_relatives(customer_id, data.purpose, by=by, now=now)

    @delete("/relatives/{relative_id:uuid}", needs=WRITE, summary="Remove a relative")
    async def remove_relative(self, customer_id: UUID, relative_id: UUID, by: Principal, now: datetime) -> None:
        await particulars.remove_relative(customer_id, relative_id, by=by, now=now)

    @get("/links", needs=READ, summary="The customer's part in other customers' archives")
    async def list_links(
        self, customer_id: UUID, by: Principal, now: datetime, company: Company, ended: bool = False
    ) -> list[LinkView]:
        today = _today(now, company)
        return await particulars.links(customer_id, ended=ended, today=today, by=by, now=now)

    @post("/links", needs=WRITE, summary="Link to another customer")
    async def link(self, customer_id: UUID, data: NewLink, by: Principal, now: datetime, company: Company) -> LinkView:
        today = _today(now, company)
        return await particulars.link(customer_id, data, today=today, by=by, now=now)

    @post("/links/{link_id:uuid}/ending", needs=WRITE, summary="The customer leaves the post")
    async def end_link(
        self, customer_id: UUID, link_id: UUID, data: NewLinkEnding, by: Principal, now: datetime, company: Company
    ) -> LinkView:
        today = _today(now, company)
        return await particulars.end_link(customer_id, link_id, data, today=today, by=by, now=now)

    @delete("/links/{link_id:uuid}", needs=WRITE, summary="Remove a link that was never so")
    async def remove_link(self, customer_id: UUID, link_id: UUID, by: Principal, now: datetime) -> None:
        await particulars.remove_link(customer_id, link_id, by=by, now=now)


def _today(now: datetime, company: Company) -> date:
    return now.astimezone(ZoneInfo(company.time_zone)).date()
