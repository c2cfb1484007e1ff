"""Registers as rows: entries, corrections beside them, and yearly archives."""

from piccolo.columns import JSONB, Bytea, Date, Integer, Text, Timestamptz, Varchar

from guibin.reviews.tables import ONCE_A_SPAN
from guibin_tenants.tables import Index, Keys, RowOf, TenantTable


class RegisterEntry(TenantTable, customer=True, signed="written"):
    """The customer's file was registered or analysed for a span; `values` fill in the register's form (S02-5).

    `drawn` is what the company's own figures said of the span as it was registered, for nobody to copy.
    `duty` is `<register>/registration` or `<register>/analysis`. `late` says that the span was over by then.
    """

    register = Varchar(length=60)
    duty = Varchar(length=130)
    span = Varchar(length=10)
    first_on = Date(default=None, null=True)
    text = Text()
    values = JSONB(default="{}")
    drawn = JSONB(default="{}")
    late = Integer(default=0, help_text="days after the span's end; 0 in time")

    keys = Keys(
        begins="open",
        unique=ONCE_A_SPAN,
        append_only=True,
        erasable=("text", "values", "drawn"),
        indexes=(Index(("written_at desc", "id desc"), name="register_entry_newest_idx"),),
    )


class RegisterCorrection(TenantTable, customer=True, signed="written"):
    """What an entry should have said: it stands beside the entry, which stays as it was."""

    entry_id = RowOf("register_entry")
    text = Text()
    values = JSONB(default="{}")
    reason = Text()

    keys = Keys(append_only=True, erasable=("reason", "text", "values"))


class RegisterArchive(TenantTable, customer=True):
    """A customer's file of a year, frozen: a snapshot sealed under the customer's key, `digest` of what it holds.

    `registered` of `expected` registrations were made; so with analyses.
    """

    register = Varchar(length=60)
    duty = Varchar(length=130)
    span = Varchar(length=10)
    first_on = Date(default=None, null=True)
    after_on = Date(default=None, null=True)
    sealed = Bytea()
    digest = Varchar(length=64)
    bytes_count = Integer(default=0)
    registered = Integer(default=0)
    analysed = Integer(default=0)
    expected = Integer(default=0)
    archived_at = Timestamptz(default=None, null=True)

    keys = Keys(
        begins="kept",
        unique=ONCE_A_SPAN,
        append_only=True,
        indexes=(Index(("archived_at desc", "id desc"), name="register_archive_newest_idx"),),
    )
