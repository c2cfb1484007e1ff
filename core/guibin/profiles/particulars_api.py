"""`/api/v1/customers/{id}/contact-points`, `/occasions`, `/relatives`, `/links`."""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Controller, get, post

from guibin.context import Act, Company
from guibin.web.routing import deletes, gets, posts
from guibin_tenants.principals import may

from . import particulars
from .particulars import (
    DisclosedRelative,
    LinkView,
    NewLink,
    NewLinkEnding,
    RelativePurpose,
)

READ, WRITE = may("customers:read"), may("customers:write")


class ParticularsController(Controller):
    path = "/api/v1/customers/{customer_id:uuid}"
    tags = ("customers",)
    list_contact_points = gets(
        "/contact-points", particulars.contact_points, needs=READ, summary="Ways to reach the customer, masked"
    )
    add_contact_point = posts(
        "/contact-points", particulars.add_contact_point, needs=WRITE, summary="Add a way to reach the customer"
    )
    remove_contact_point = deletes(
        "/contact-points/{point_id:uuid}",
        particulars.remove_contact_point,
        needs=WRITE,
        summary="Remove a way to reach the customer",
    )
    list_occasions = gets("/occasions", particulars.occasions, needs=READ, summary="Days to remember")
    add_occasion = posts("/occasions", particulars.add_occasion, needs=WRITE, summary="Add a day to remember")
    remove_occasion = deletes(
        "/occasions/{occasion_id:uuid}", particulars.remove_occasion, needs=WRITE, summary="Remove a day to remember"
    )
    list_relatives = gets("/relatives", particulars.relatives, needs=READ, summary="Important relatives, masked")
    add_relative = posts(
        "/relatives", particulars.add_relative, needs=WRITE, summary="Add an important relative; sealed"
    )

    @post("/relatives/disclosures", needs=may("customers:disclose"), summary="Show relatives in clear, on record")
    async def disclose_relatives(self, customer_id: UUID, data: RelativePurpose, act: Act) -> list[DisclosedRelative]:
        return await particulars.disclose_relatives(customer_id, data.purpose, act)

    remove_relative = deletes(
        "/relatives/{relative_id:uuid}", particulars.remove_relative, needs=WRITE, summary="Remove a relative"
    )

    @get("/links", needs=READ, summary="The customer's part in other customers' archives")
    async def list_links(self, customer_id: UUID, act: Act, ended: bool = False) -> list[LinkView]:
        today = _today(act.now, act.company)
        return await particulars.links(customer_id, act, ended=ended, today=today)

    @post("/links", needs=WRITE, summary="Link to another customer")
    async def link(self, customer_id: UUID, data: NewLink, act: Act) -> LinkView:
        today = _today(act.now, act.company)
        return await particulars.link(customer_id, data, act, today=today)

    @post("/links/{link_id:uuid}/ending", needs=WRITE, summary="The customer leaves the post")
    async def end_link(self, customer_id: UUID, link_id: UUID, data: NewLinkEnding, act: Act) -> LinkView:
        today = _today(act.now, act.company)
        return await particulars.end_link(customer_id, link_id, data, act, today=today)

    remove_link = deletes(
        "/links/{link_id:uuid}", particulars.remove_link, needs=WRITE, summary="Remove a link that was never so"
    )


def _today(now: datetime, company: Company) -> date:
    return now.astimezone(ZoneInfo(company.time_zone)).date()
