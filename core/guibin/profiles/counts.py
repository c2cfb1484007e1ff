"""Customers and their orders, counted."""

from guibin.periods.counts import count

from .same_person import PERSON

_RUNNING = "o.started_on <= p.first_on and o.ends_on > p.first_on and o.ended_at is null"
# Begun in the period by whoever has the order `o`.
_MORE = (
    "exists (select from product_order n where n.tenant_id = o.tenant_id and n.customer_id = o.customer_id"
    " and n.started_on > p.first_on and n.started_on < p.after_on"
)
_DEARER = "n.currency = o.currency and n.product = o.product and n.price > o.price"


# What customers do, and when.
DID = ("product_order", "created_at")
# The part that a recommended customer has in whoever recommended them.
REFERRED_BY = "referred_by"
# Those who were recommended, beside the customer `c`.
REFERRED = f"join customer_link l on l.tenant_id = c.tenant_id and l.customer_id = c.id and l.role = '{REFERRED_BY}'"
COUNTS = {
    "customers": count(
        "customer c",
        "c.created_at < p.ends_at and (c.closed_at is null or c.closed_at >= p.ends_at)",
        of=f"distinct {PERSON}",
    ),
    "customers_up_sold": count(
        "product_order o", f"{_RUNNING} and {_MORE} and {_DEARER})", of="distinct o.customer_id"
    ),
}
