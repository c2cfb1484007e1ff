"""What is offered, who bought it, and what came back."""

from piccolo.columns import JSONB, BigInt, Boolean, Integer, Text, Timestamptz, Varchar

from guibin_tenants.tables import Index, Keys, Part, RowOf, TenantTable


class Offer(TenantTable, signed="put_up"):
    """So many units of something, open to everybody from `opens_at` until before `closes_at`.

    `head_starts` are the policy's as they were when it was put up. `sold` counts the units for the whole company: whoever
    buys locks this row. `topic` is one of the policy's, which customers may decline (S02-3). The price is the same for everybody, in minor units.
    """

    title = Varchar(length=200)
    text = Text(default="")
    topic = Varchar(length=60, default="")
    sold = Integer(default=0)
    quantity = Integer()
    per_customer = Integer(default=1)
    price = BigInt(default=0)
    currency = Varchar(length=3, default="CNY")
    opens_at = Timestamptz(default=None, null=True)
    closes_at = Timestamptz(default=None, null=True)
    head_starts = JSONB()
    policy_version = Integer(default=0)

    keys = Keys(
        written_by="company",
        counted=("sold",),
        indexes=(Index(("opens_at desc", "id desc"), name="offer_opens_idx"),),
        checks={
            "in_order": "opens_at is not null and closes_at > opens_at",
            "not_oversold": "sold >= 0 and sold <= quantity",
            "priced": "price >= 0",
        },
    )


class OfferPurchase(Part, of="offer", customer=True, signed="recorded", dated=False):
    """A customer bought; `early` before everybody could, through `tier` and by `redemption_id` where a right was used."""

    quantity = Integer()
    early = Boolean()
    scheme = Varchar(length=60, default="")
    tier = Varchar(length=60, default="")
    redemption_id = RowOf("redemption", null=True)
    bought_at = Timestamptz(default=None, null=True)

    keys = Keys(
        begins="open",
        indexes=(
            Index(("offer_id", "customer_id")),
            Index(("bought_at desc", "id desc"), name="offer_purchase_bought_idx"),
        ),
        checks={"something": "quantity > 0 and bought_at is not null"},
    )


class OfferReturn(Part, of="offer_purchase", by="purchase_id", signed="recorded", dated=False, erasable=("reason",)):
    """A purchase was undone: its units can be bought again, the right to buy early is given back."""

    reason = Text()
    returned_at = Timestamptz(default=None, null=True)

    keys = Keys(
        unique=(("purchase_id",),),
    )
