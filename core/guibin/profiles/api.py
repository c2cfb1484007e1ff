"""`/api/v1/customers`: the archive, and what belongs to it."""

from litestar import Controller, get

from guibin.audit.actions import AuditNote, record
from guibin.audit.attempts import attempt
from guibin.context import Act
from guibin.sealing.values import names_a_value
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.routing import deletes, gets, patches, posts
from guibin_tenants.principals import may

from . import actions, assignments, consents, corrections, disclosures, orders, particulars, queries, teams
from .queries import CustomerFilter, CustomerView
from .tables import Customer

READ, WRITE, DISCLOSE = may("customers:read"), may("customers:write"), may("customers:disclose")


class CustomerController(Controller):
    path = "/api/v1/customers"
    tags = ("customers",)

    @get(
        "/",
        needs=READ,
        summary="Find customers as staff type: name, pinyin, initials, numbers",
        dependencies={"filters": from_query(CustomerFilter)},
    )
    async def list_customers(self, filters: CustomerFilter, page: PageAsked, act: Act) -> Page[CustomerView]:
        fields, asked = queries.archive_fields(act.policy), names_a_value(filters.q)
        async with attempt(AuditNote(action="customer.search", shown=0, asked=asked), act):
            rows = await queries.customers(filters, fields=fields, after=decode(page.cursor), limit=page.limit + 1)
            customers = page_of(rows, page.limit, lambda customer: Cursor(customer.created_at, customer.id))
            shown = tuple(customer.id for customer in customers.items)
            note = AuditNote(action="customer.search", customer_ids=shown, shown=len(shown), asked=asked)
            await record(note, act)
        return customers

    open_archive = posts("/", actions.open_archive, needs=WRITE, summary="Open an archive")
    show = gets(
        "/{customer_id:uuid}",
        actions.show,
        needs=READ,
        shows=Customer,
        summary="The archive, confidential values masked",
    )
    change = patches("/{customer_id:uuid}", actions.change, needs=WRITE, summary="Change the archive")
    list_corrections = gets(
        "/{customer_id:uuid}/corrections",
        corrections.list_corrections,
        needs=READ,
        summary="What was changed or put right, and why",
    )
    correct = posts(
        "/{customer_id:uuid}/corrections",
        actions.correct,
        needs=WRITE,
        summary="Put the archive right, with the reason",
    )
    erase = deletes(
        "/{customer_id:uuid}", actions.erase, needs=may("customers:erase"), summary="Erase: destroys the customer's key"
    )
    disclose = posts(
        "/{customer_id:uuid}/disclosures",
        disclosures.disclose,
        needs=DISCLOSE,
        summary="Show values in clear, on record",
    )
    list_disclosures = gets(
        "/{customer_id:uuid}/disclosures",
        disclosures.list_disclosures,
        needs=DISCLOSE,
        summary="Who saw what in clear, and why",
    )
    assign = posts(
        "/{customer_id:uuid}/assignment",
        assignments.assign,
        needs=WRITE,
        summary="Who looks after the customer, where",
    )
    list_consents = gets(
        "/{customer_id:uuid}/consents", consents.list_consents, needs=READ, summary="What the customer agreed to"
    )
    consent = posts(
        "/{customer_id:uuid}/consents",
        consents.consent,
        needs=WRITE,
        summary="Record a yes, a no or a withdrawal",
    )
    list_orders = gets(
        "/{customer_id:uuid}/orders", orders.list_orders, needs=READ, summary="Paid services and their periods"
    )
    order = posts("/{customer_id:uuid}/orders", orders.order, needs=WRITE, summary="Record a paid service")
    correct_order = posts(
        "/{customer_id:uuid}/orders/{order_id:uuid}/corrections",
        orders.correct_order,
        needs=WRITE,
        summary="Put an order right, with the reason",
    )


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
    disclose_relatives = posts(
        "/relatives/disclosures",
        particulars.disclose_relatives,
        needs=DISCLOSE,
        summary="Show relatives in clear, on record",
    )
    remove_relative = deletes(
        "/relatives/{relative_id:uuid}", particulars.remove_relative, needs=WRITE, summary="Remove a relative"
    )
    list_links = gets(
        "/links", particulars.links, needs=READ, summary="The customer's part in other customers' archives"
    )
    link = posts("/links", particulars.link, needs=WRITE, summary="Link to another customer")
    end_link = posts(
        "/links/{link_id:uuid}/ending", particulars.end_link, needs=WRITE, summary="The customer leaves the post"
    )
    remove_link = deletes(
        "/links/{link_id:uuid}", particulars.remove_link, needs=WRITE, summary="Remove a link that was never so"
    )


class TeamController(Controller):
    path = "/api/v1/customers/{customer_id:uuid}"
    tags = ("customers",)
    list_assignments = gets(
        "/assignments",
        assignments.history,
        needs=READ,
        summary="Everybody who looked after the customer, the latest first",
    )
    show_team = gets(
        "/team", teams.team, needs=READ, summary="The account manager and the members of the dedicated team"
    )
    join = posts("/team", teams.join, needs=WRITE, summary="Somebody joins the team with a part")
    leave = deletes("/team/{member_id:uuid}", teams.leave, needs=WRITE, summary="A member leaves the team")
