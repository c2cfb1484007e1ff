"""`/api/v1/customers`: the archive."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.params import Parameter

from guibin.audit.actions import AuditNote, record
from guibin.audit.attempts import attempt
from guibin.context import Company
from guibin.policy.packs import Policy
from guibin.web.etags import etag, expect
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin_tenants.principals import Principal, may

from . import actions, assignments, consents, disclosures, orders, queries
from .corrections import CorrectionView, corrections
from .disclosures import Disclosed, DisclosureView
from .queries import ConsentView, CustomerFilter, CustomerView, OrderView
from .requests import (
    Assignment,
    CustomerChange,
    NewConsent,
    NewCorrection,
    NewCustomer,
    NewDisclosure,
    NewOrder,
    OrderCorrection,
)
from .sealing import names_a_value

IfMatch = Annotated[str | None, Parameter(header="If-Match", default=None, description="The ETag you changed.")]


class CustomerController(Controller):
    path = "/api/v1/customers"
    tags = ("customers",)

    @get("/", needs=may("customers:read"), summary="Find customers as staff type: name, pinyin, initials, numbers")
    async def list_customers(
        self,
        policy: Policy,
        by: Principal,
        now: datetime,
        q: Annotated[str, Parameter(max_length=100)] = "",
        kind: str | None = None,
        account_manager_id: UUID | None = None,
        org_unit_id: UUID | None = None,
        closed: bool = False,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[CustomerView]:
        wanted = CustomerFilter(q, kind, account_manager_id, org_unit_id, closed)
        fields, asked = queries.archive_fields(policy), names_a_value(q)
        async with attempt(AuditNote(action="customer.search", shown=0, asked=asked), by=by, now=now):
            found = await queries.customers(wanted, fields=fields, after=decode(cursor), limit=limit + 1)
            page = page_of(found, limit, lambda customer: Cursor(customer.created_at, customer.id))
            shown = tuple(customer.id for customer in page.items)
            note = AuditNote(action="customer.search", customer_ids=shown, shown=len(shown), asked=asked)
            await record(note, by=by, now=now)
        return page

    @post("/", needs=may("customers:write"), summary="Open an archive")
    async def open_archive(
        self, data: NewCustomer, policy: Policy, by: Principal, now: datetime
    ) -> Response[CustomerView]:
        return _tagged(await actions.open_archive(data, policy=policy, by=by, now=now), status=201)

    @get("/{customer_id:uuid}", needs=may("customers:read"), summary="The archive, confidential values masked")
    async def show(self, customer_id: UUID, by: Principal, now: datetime) -> Response[CustomerView]:
        customer = await queries.customer(customer_id)
        await record(AuditNote(action="customer.read", customer_id=customer_id), by=by, now=now)
        return _tagged(customer)

    @patch("/{customer_id:uuid}", needs=may("customers:write"), summary="Change the archive")
    async def change(
        self,
        customer_id: UUID,
        data: CustomerChange,
        policy: Policy,
        by: Principal,
        now: datetime,
        if_match: IfMatch = None,
    ) -> Response[CustomerView]:
        expect(if_match, await queries.version_of(customer_id))
        return _tagged(await actions.change(customer_id, data, policy=policy, by=by, now=now))

    @get(
        "/{customer_id:uuid}/corrections", needs=may("customers:read"), summary="What was changed or put right, and why"
    )
    async def list_corrections(
        self,
        customer_id: UUID,
        by: Principal,
        now: datetime,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[CorrectionView]:
        await queries.customer(customer_id)
        found = await corrections(customer_id, after=decode(cursor), limit=limit + 1)
        await record(AuditNote(action="correction.read", customer_id=customer_id), by=by, now=now)
        return page_of(found, limit, lambda one: Cursor(one.corrected_at, one.id))

    @post(
        "/{customer_id:uuid}/corrections",
        needs=may("customers:write"),
        summary="Put the archive right, with the reason",
    )
    async def correct(
        self,
        customer_id: UUID,
        data: NewCorrection,
        policy: Policy,
        by: Principal,
        now: datetime,
        if_match: IfMatch = None,
    ) -> Response[CustomerView]:
        expect(if_match, await queries.version_of(customer_id))
        return _tagged(await actions.correct(customer_id, data, policy=policy, by=by, now=now), status=201)

    @delete("/{customer_id:uuid}", needs=may("customers:erase"), summary="Erase: destroys the customer's key")
    async def erase(self, customer_id: UUID, by: Principal, now: datetime) -> None:
        await actions.erase(customer_id, by=by, now=now)

    @post("/{customer_id:uuid}/disclosures", needs=may("customers:disclose"), summary="Show values in clear, on record")
    async def disclose(
        self, customer_id: UUID, data: NewDisclosure, policy: Policy, by: Principal, now: datetime
    ) -> Disclosed:
        return await disclosures.disclose(customer_id, data, policy=policy, by=by, now=now)

    @get("/{customer_id:uuid}/disclosures", needs=may("customers:disclose"), summary="Who saw what in clear, and why")
    async def list_disclosures(
        self, customer_id: UUID, by: Principal, now: datetime, limit: Limit = 50, cursor: CursorText = None
    ) -> Page[DisclosureView]:
        found = await disclosures.disclosures_of(customer_id, after=decode(cursor), limit=limit + 1)
        await record(AuditNote(action="disclosure.list", customer_id=customer_id), by=by, now=now)
        return page_of(found, limit, lambda one: Cursor(one.disclosed_at, one.id))

    @post("/{customer_id:uuid}/assignment", needs=may("customers:write"), summary="Who looks after the customer, where")
    async def assign(
        self, customer_id: UUID, data: Assignment, policy: Policy, company: Company, by: Principal, now: datetime
    ) -> Response[CustomerView]:
        found = await assignments.assign(customer_id, data, policy=policy, company=company, by=by, now=now)
        return _tagged(found, status=201)

    @get("/{customer_id:uuid}/consents", needs=may("customers:read"), summary="What the customer agreed to")
    async def list_consents(self, customer_id: UUID, by: Principal, now: datetime) -> list[ConsentView]:
        await queries.customer(customer_id)
        await record(AuditNote(action="consent.read", customer_id=customer_id), by=by, now=now)
        return await queries.consents(customer_id)

    @post("/{customer_id:uuid}/consents", needs=may("customers:write"), summary="Record a yes, a no or a withdrawal")
    async def consent(
        self, customer_id: UUID, data: NewConsent, company: Company, by: Principal, now: datetime
    ) -> ConsentView:
        return await consents.consent(customer_id, data, company=company, by=by, now=now)

    @get("/{customer_id:uuid}/orders", needs=may("customers:read"), summary="Paid services and their periods")
    async def list_orders(self, customer_id: UUID, by: Principal, now: datetime) -> list[OrderView]:
        await queries.customer(customer_id)
        await record(AuditNote(action="order.read", customer_id=customer_id), by=by, now=now)
        return await queries.orders(customer_id)

    @post("/{customer_id:uuid}/orders", needs=may("customers:write"), summary="Record a paid service")
    async def order(self, customer_id: UUID, data: NewOrder, by: Principal, now: datetime) -> OrderView:
        return await orders.order(customer_id, data, by=by, now=now)

    @post(
        "/{customer_id:uuid}/orders/{order_id:uuid}/corrections",
        needs=may("customers:write"),
        summary="Put an order right, with the reason",
    )
    async def correct_order(
        self, customer_id: UUID, order_id: UUID, data: OrderCorrection, by: Principal, now: datetime
    ) -> OrderView:
        return await orders.correct_order(customer_id, order_id, data, by=by, now=now)


def _tagged(customer: CustomerView, *, status: int = 200) -> Response[CustomerView]:
    return Response(customer, status_code=status, headers={"ETag": etag(customer.version)})
