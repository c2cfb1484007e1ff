"""Who was given what, free of charge."""

from piccolo.columns import Date, Integer, Text, Varchar

from guibin_tenants.tables import Index, Keys, TenantTable


class MaterialGiven(TenantTable, customer=True, signed="given"):
    """A customer was given so many of a material of the policy, or shown a demonstration, on a day of the company (S07-31)."""

    material = Varchar(length=60)
    kind = Varchar(length=13)
    quantity = Integer(default=1)
    occasion = Varchar(length=8)
    note = Text(default="")
    given_on = Date(default=None, null=True)

    keys = Keys(
        begins="open",
        append_only=True,
        erasable=("note",),
        indexes=(
            Index(("given_at desc", "id desc"), name="material_given_at_idx"),
            Index(("customer_id", "given_on desc")),
        ),
        checks={
            "counted": "quantity > 0 and given_on is not null",
            "kind_known": "kind in ('brochure', 'article', 'demonstration')",
            "occasion_known": "occasion in ('visit', 'contact', 'counter', 'other')",
        },
    )
