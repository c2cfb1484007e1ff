"""`/api/v1/customers/{id}`: the archive, and what belongs to it."""

from litestar import Controller

from guibin.web.routing import deletes, gets, patches, posts
from guibin_tenants.principals import may

from . import actions, closing, consents, corrections, disclosures, merging, orders, particulars, same_person
from .tables import Customer

READ, WRITE, DISCLOSE = may("customers:read"), may("customers:write"), may("customers:disclose")
CLOSE, MERGE = may("customers:close"), may("customers:merge")


class CustomerController(Controller):
    path = "/api/v1/customers"
    tags = ("customers",)

    show = gets("/{customer_id:uuid}", actions.show, "The archive, confidential values masked", shows=Customer)
    change = patches("/{customer_id:uuid}", actions.change, "Change the archive")
    list_corrections = gets(
        "/{customer_id:uuid}/corrections", corrections.list_corrections, "What was changed or put right, and why"
    )
    correct = posts("/{customer_id:uuid}/corrections", actions.correct, "Put the archive right, with the reason")
    erase = deletes(
        "/{customer_id:uuid}", actions.erase, "Erase: destroys the customer's key", needs=may("customers:erase")
    )
    list_closings = gets("/{customer_id:uuid}/closings", closing.closings, "When the archive was closed and reopened")
    close = posts(
        "/{customer_id:uuid}/closings",
        closing.close,
        "Close the archive of a customer who is served no more",
        needs=CLOSE,
    )
    reopen = posts(
        "/{customer_id:uuid}/reopenings", closing.reopen, "Open the archive of a customer who is back", needs=CLOSE
    )
    list_merges = gets("/{customer_id:uuid}/merges", merging.merges, "Which archives became one with this one")
    compare = gets(
        "/{customer_id:uuid}/merges/{other_id:uuid}/differences",
        merging.differences,
        "What two archives of one customer say otherwise",
        needs=MERGE,
    )
    merge = posts("/{customer_id:uuid}/merges", merging.merge, "Make another archive one with this one", needs=MERGE)
    undo_merge = posts(
        "/{customer_id:uuid}/merges/{merge_id:uuid}/undoing", merging.undo, "Make them two again", needs=MERGE
    )
    list_same_person = gets(
        "/{customer_id:uuid}/same-person", same_person.same_person, "Other archives in sight of the same person"
    )
    disclose = posts(
        "/{customer_id:uuid}/disclosures", disclosures.disclose, "Show values in clear, on record", needs=DISCLOSE
    )
    list_disclosures = gets(
        "/{customer_id:uuid}/disclosures",
        disclosures.list_disclosures,
        "Who saw what in clear, and why",
        needs=DISCLOSE,
    )
    list_consents = gets("/{customer_id:uuid}/consents", consents.list_consents, "What the customer agreed to")
    consent = posts("/{customer_id:uuid}/consents", consents.consent, "Record a yes, a no or a withdrawal")
    list_orders = gets("/{customer_id:uuid}/orders", orders.list_orders, "Paid services and their periods")
    order = posts("/{customer_id:uuid}/orders", orders.order, "Record a paid service")
    correct_order = posts(
        "/{customer_id:uuid}/orders/{order_id:uuid}/corrections",
        orders.correct_order,
        "Put an order right, with the reason",
    )


class ParticularsController(Controller):
    path = "/api/v1/customers/{customer_id:uuid}"
    tags = ("customers",)
    list_contact_points = gets("/contact-points", particulars.contact_points, "Ways to reach the customer, masked")
    add_contact_point = posts("/contact-points", particulars.add_contact_point, "Add a way to reach the customer")
    remove_contact_point = deletes(
        "/contact-points/{point_id:uuid}", particulars.remove_contact_point, "Remove a way to reach the customer"
    )
    list_occasions = gets("/occasions", particulars.occasions, "Days to remember")
    add_occasion = posts("/occasions", particulars.add_occasion, "Add a day to remember")
    remove_occasion = deletes("/occasions/{occasion_id:uuid}", particulars.remove_occasion, "Remove a day to remember")
    list_relatives = gets("/relatives", particulars.relatives, "Important relatives, masked")
    add_relative = posts("/relatives", particulars.add_relative, "Add an important relative; sealed")
    disclose_relatives = posts(
        "/relatives/disclosures",
        particulars.disclose_relatives,
        "Show relatives in clear, on record",
        needs=DISCLOSE,
        confirmed=True,
    )
    remove_relative = deletes("/relatives/{relative_id:uuid}", particulars.remove_relative, "Remove a relative")
    list_links = gets("/links", particulars.links, "The customer's part in other customers' archives")
    list_linked = gets("/linked", particulars.linked, "Other customers' part in the customer's archive")
    link = posts("/links", particulars.link, "Link to another customer")
    end_link = posts("/links/{link_id:uuid}/ending", particulars.end_link, "The customer leaves the post")
    remove_link = deletes("/links/{link_id:uuid}", particulars.remove_link, "Remove a link that was never so")
