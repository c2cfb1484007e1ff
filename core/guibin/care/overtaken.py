"""When an order needs neither a reminder nor a renewal any more."""

# A follower begins at most so long before the end of what it follows: an order that ran beside it is another one.
OVERLAP_DAYS_MAX = 31

# SQL: order `o` is followed by another of the same product, or its renewal was carried out.
FOLLOWED = f"""(exists (select from product_order f where f.tenant_id = o.tenant_id and f.customer_id = o.customer_id
    and f.product = o.product and f.id <> o.id and f.ended_at is null and f.ends_on > o.ends_on
    and f.started_on > o.started_on and f.started_on >= o.ends_on - {OVERLAP_DAYS_MAX})
  or exists (select from renewal n where n.tenant_id = o.tenant_id and n.order_id = o.id and n.ends_on = o.ends_on
    and n.state = 'renewed'))"""

# SQL: order `o` runs, its customer `c` is there, and nothing follows it.
RUNS_OUT = f"o.ended_at is null and c.closed_at is null and not {FOLLOWED}"
