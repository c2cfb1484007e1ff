"""`/api/v1/customers`: the archive."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, patch, post
from litestar.params import Parameter

from guibin.audit.actions import AuditNote, record
from guibin.audit.attempts import attempt
from guibin.context import Act
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin.web.routing import deletes, posts
from guibin_tenants.principals import may

from . import actions, assignments, consents, disclosures, orders, queries
from .corrections import CorrectionView, corrections
from .disclosures import DisclosureView
from .queries import ConsentView, CustomerFilter, CustomerView, OrderView
from .requests import (
    Assignment,
    CustomerChange,
    NewCorrection,
    NewCustomer,
)
from .sealing import names_a_value
from .tables import Customer


class CustomerController(Controller):
    path = "/api/v1/customers"
    tags = ("customers",)

    @get("/", needs=may("customers:read"), summary="Find customers as staff type: name, pinyin, initials, numbers")
    async def list_customers(
        self,
        act: Act,
        q: Annotated[str, Parameter(max_length=100)] = "",
        kind: str | None = None,
        account_manager_id: UUID | None = None,
        org_unit_id: UUID | None = None,
        closed: bool = False,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[CustomerView]:
        wanted = CustomerFilter(q, kind, account_manager_id, org_unit_id, closed)
        fields, asked = queries.archive_fields(act.policy), names_a_value(q)
        async with attempt(AuditNote(action="customer.search", shown=0, asked=asked), act):
            found = await queries.customers(wanted, fields=fields, after=decode(cursor), limit=limit + 1)
            page = page_of(found, limit, lambda customer: Cursor(customer.created_at, customer.id))
            shown = tuple(customer.id for customer in page.items)
            note = AuditNote(action="customer.search", customer_ids=shown, shown=len(shown), asked=asked)
            await record(note, act)
        return page

    @post("/", needs=may("customers:write"), summary="Open an archive")
    async def open_archive(self, data: NewCustomer, act: Act) -> CustomerView:
        return await actions.open_archive(data, act)

    @get(
        "/{customer_id:uuid}",
        needs=may("customers:read"),
        shows=Customer,
        summary="The archive, confidential values masked",
    )
    async def show(self, customer_id: UUID, act: Act) -> CustomerView:
        customer = await queries.customer(customer_id)
        await record(AuditNote(action="customer.read", customer_id=customer_id), act)
        return customer

    @patch("/{customer_id:uuid}", needs=may("customers:write"), summary="Change the archive")
    async def change(self, customer_id: UUID, data: CustomerChange, act: Act) -> CustomerView:
        return await actions.change(customer_id, data, act)

    @get(
        "/{customer_id:uuid}/corrections", needs=may("customers:read"), summary="What was changed or put right, and why"
    )
    async def list_corrections(
        self, customer_id: UUID, act: Act, limit: Limit = 50, cursor: CursorText = None
    ) -> Page[CorrectionView]:
        await queries.customer(customer_id)
        found = await corrections(customer_id, after=decode(cursor), limit=limit + 1)
        await record(AuditNote(action="correction.read", customer_id=customer_id), act)
        return page_of(found, limit, lambda one: Cursor(one.corrected_at, one.id))

    @post(
        "/{customer_id:uuid}/corrections",
        needs=may("customers:write"),
        summary="Put the archive right, with the reason",
    )
    async def correct(self, customer_id: UUID, data: NewCorrection, act: Act) -> CustomerView:
        return await actions.correct(customer_id, data, act)

    erase = deletes(
        "/{customer_id:uuid}", actions.erase, needs=may("customers:erase"), summary="Erase: destroys the customer's key"
    )
    disclose = posts(
        "/{customer_id:uuid}/disclosures",
        disclosures.disclose,
        needs=may("customers:disclose"),
        summary="Show values in clear, on record",
    )

    @get("/{customer_id:uuid}/disclosures", needs=may("customers:disclose"), summary="Who saw what in clear, and why")
    async def list_disclosures(
        self, customer_id: UUID, act: Act, limit: Limit = 50, cursor: CursorText = None
    ) -> Page[DisclosureView]:
        found = await disclosures.disclosures_of(customer_id, after=decode(cursor), limit=limit + 1)
        await record(AuditNote(action="disclosure.list", customer_id=customer_id), act)
        return page_of(found, limit, lambda one: Cursor(one.disclosed_at, one.id))

    @post("/{customer_id:uuid}/assignment", needs=may("customers:write"), summary="Who looks after the customer, where")
    async def assign(self, customer_id: UUID, data: Assignment, act: Act) -> CustomerView:
        return await assignments.assign(customer_id, data, act)

    @get("/{customer_id:uuid}/consents", needs=may("customers:read"), summary="What the customer agreed to")
    async def list_consents(self, customer_id: UUID, act: Act) -> list[ConsentView]:
        await queries.customer(customer_id)
        await record(AuditNote(action="consent.read", customer_id=customer_id), act)
        return await queries.consents(customer_id)

    consent = posts(
        "/{customer_id:uuid}/consents",
        consents.consent,
        needs=may("customers:write"),
        summary="Record a yes, a no or a withdrawal",
    )

    @get("/{customer_id:uuid}/orders", needs=may("customers:read"), summary="Paid services and their periods")
    async def list_orders(self, customer_id: UUID, act: Act) -> list[OrderView]:
        await queries.customer(customer_id)
        await record(AuditNote(action="order.read", customer_id=customer_id), act)
        return await queries.orders(customer_id)

    order = posts(
        "/{customer_id:uuid}/orders", orders.order, needs=may("customers:write"), summary="Record a paid service"
    )
    correct_order = posts(
        "/{customer_id:uuid}/orders/{order_id:uuid}/corrections",
        orders.correct_order,
        needs=may("customers:write"),
        summary="Put an order right, with the reason",
    )
