"""Sealed values as rows, each with its mask and the hashes it is found by."""

from piccolo.columns import Bytea, SmallInt, Varchar

from guibin_tenants.tables import Index, Keys, TenantTable


class SealedValue(TenantTable, customer=True):
    """One confidential value of a customer, such as a mobile number: sealed, masked, and findable if searchable.

    `exact` is the blind index of the normalised value, `tail` that of its last four characters.
    """

    field = Varchar(length=60)
    place = SmallInt(default=0, help_text="0 for the only or first one")
    sealed = Bytea()
    masked = Varchar(length=200)
    exact = Bytea(default=None, null=True, secret=True)
    tail = Bytea(default=None, null=True, secret=True)

    keys = Keys(
        # What the other archive takes over is sealed again for it.
        merging="stays",
        begins="open",
        unique=(("customer_id", "field", "place"),),
        indexes=(Index(("exact",), where="exact is not null"), Index(("tail",), where="tail is not null")),
    )
