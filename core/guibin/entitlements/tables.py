"""The redemption ledger. What is left is never stored: it is granted minus consumed minus reserved (subtlety 51)."""

from piccolo.columns import BigInt, Date, Integer, Text, Timestamptz, Varchar

from guibin_tenants.tables import Index, Keys, Part, RowOf, TenantTable


class EntitlementAccount(TenantTable, customer=True):
    """A customer's account of one service item. Whoever redeems locks this row first, so redemptions queue here."""

    item = Varchar(length=60)

    keys = Keys(merging="stays", unique=(("customer_id", "item"),))


class Redemption(TenantTable, customer=True, signed="redeemed"):
    """So many units of an item used, or kept back, on `used_on`: it counts against the period of that day.

    `reserved_until` is None for a use; a reservation counts until then, or for good once there is a RedemptionUse.
    `reference` is the caller's own and makes sending it again harmless; `occasion` tells one stay from another.
    `companions` of the units went to people who came along. `person_id` is who used it where a quota is shared. `price`
    and `reduced_by` are minor units of `currency`, where the item is a discount.
    """

    item = Varchar(length=60)
    scheme = Varchar(length=60)
    tier = Varchar(length=60)
    membership_id = RowOf("membership")
    quantity = Integer()
    companions = Integer(default=None, null=True)
    person_id = RowOf("customer", null=True)
    price = BigInt(default=None, null=True)
    reduced_by = BigInt(default=None, null=True)
    currency = Varchar(length=3, default=None, null=True)
    used_on = Date(default=None, null=True)
    reference = Varchar(length=120, default=None, null=True)
    occasion = Varchar(length=60, default="")
    proof = Varchar(length=60, default="")
    note = Text(default="")
    reserved_until = Timestamptz(default=None, null=True)

    keys = Keys(
        begins="open",
        indexes=(
            Index(("customer_id", "item", "used_on")),
            Index(
                ("reference", "customer_id"),
                unique=True,
                where="reference is not null",
                name="redemption_reference_idx",
            ),
        ),
        append_only=True,
        erasable=("note",),
        checks={"counted": "quantity > 0 and used_on is not null"},
    )


class RedemptionUse(Part, of="redemption", signed="used"):
    """A reservation that was taken up."""

    keys = Keys(unique=(("redemption_id",),))


class RedemptionReversal(Part, of="redemption", signed="reversed", erasable=("reason",)):
    """A redemption undone: its units are free again in the period they were used in."""

    reason = Text()

    keys = Keys(unique=(("redemption_id",),))


class EntitlementAdjustment(TenantTable, customer=True, signed="adjusted"):
    """Units given or taken beside the quota, such as amends for a service that went wrong: in the period of `counts_on`."""

    item = Varchar(length=60)
    scheme = Varchar(length=60)
    quantity = Integer()
    counts_on = Date(default=None, null=True)
    occasion = Varchar(length=60, default="")
    reason = Text()

    keys = Keys(
        begins="open",
        indexes=(Index(("customer_id", "item", "scheme"), name="entitlement_adjustment_account_idx"),),
        append_only=True,
        erasable=("reason",),
        checks={"counted": "quantity <> 0 and counts_on is not null"},
    )
