"""`/api/v1/customers`: who is found by what several rooms know of them; a new archive."""

from typing import Any

from litestar import Controller, Request, get
from litestar.status_codes import HTTP_200_OK

from guibin.context import Act
from guibin.profiles import actions
from guibin.web.routing import gets, posts
from guibin_tenants.principals import may

from . import panels, queries, usage

READ, WRITE = may("customers:read"), may("customers:write")


class CustomersController(Controller):
    path = "/api/v1/customers"
    tags = ("customers",)
    list_customers = gets("/", queries.listed, "Find customers as staff type: name, pinyin, initials, numbers")
    search_customers = posts(
        "/searches",
        queries.search_for,
        "Find customers by what no address may hold",
        needs=READ,
        status_code=HTTP_200_OK,
    )
    open_archive = posts("/", actions.open_archive, "Open an archive")


class CustomerOverviewController(Controller):
    path = "/api/v1/customers/{customer_id:uuid}/overview"
    tags = ("customers",)
    overview = gets("/", panels.overview, "All that is known of a customer, each part as far as one may read it")


class UsageController(Controller):
    path = "/api/v1/usage"
    tags = ("administration",)

    @get("/", needs=usage.USAGE, summary="What the company uses, as far as it is counted")
    async def show(self, request: Request[Any, Any, Any], act: Act) -> usage.UsageView:
        return await usage.usage(act, usage.allowance_of(request))
