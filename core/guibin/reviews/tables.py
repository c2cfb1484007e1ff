"""What was gone through for a customer in a span. `duty` and `span` together are done once per customer."""

from piccolo.columns import JSONB, Bytea, Date, Integer, Text, Timestamptz, Varchar
from piccolo.columns import UUID as UuidColumn

from guibin_tenants.tables import Index, Keys, TenantTable

_ONCE = (("customer_id", "duty", "span"),)


class CustomerReview(TenantTable, tablename="customer_review"):
    """The account manager went through the customer: situation, needs and what follows, until `follow_up_on` (S07-9).

    `duty` is the rhythm's name, `span` such as 2026-W10. `request_id` is what exceeded their authority, where it went.
    """

    customer_id = UuidColumn(default=None)
    duty = Varchar(length=130)
    span = Varchar(length=10)
    first_on = Date(default=None, null=True)
    situation = Text()
    needs = Text(default="")
    follow_up = Text(default="")
    follow_up_on = Date(default=None, null=True)
    request_id = UuidColumn(default=None, null=True)
    reviewed_by = UuidColumn(default=None)
    reviewed_by_name = Varchar(length=200)
    reviewed_at = Timestamptz(default=None, null=True)

    keys = Keys(
        begins="open",
        unique=_ONCE,
        wall="customer_id",
        references={"customer_id": "customer", "request_id": "department_request"},
        append_only=True,
        erasable=("situation", "needs", "follow_up"),
        indexes=(
            Index(("reviewed_at desc", "id desc"), name="customer_review_newest_idx"),
            Index(("follow_up_on",), where="follow_up_on is not null", name="customer_review_follow_up_idx"),
        ),
    )


class ReviewOutcome(TenantTable, tablename="review_outcome"):
    """What was to follow from a review is done."""

    review_id = UuidColumn(default=None)
    customer_id = UuidColumn(default=None)
    text = Text()
    done_by = UuidColumn(default=None)
    done_by_name = Varchar(length=200)
    done_at = Timestamptz(default=None, null=True)

    keys = Keys(
        unique=(("review_id",),),
        wall="customer_id",
        references={"review_id": "customer_review", "customer_id": "customer"},
        append_only=True,
        erasable=("text",),
    )


class RegisterEntry(TenantTable, tablename="register_entry"):
    """The customer's file was registered or analysed for a span; `values` fill in the register's form (S02-5).

    `duty` is `<register>/registration` or `<register>/analysis`. `late` says that the span was over by then.
    """

    customer_id = UuidColumn(default=None)
    register = Varchar(length=60)
    duty = Varchar(length=130)
    span = Varchar(length=10)
    first_on = Date(default=None, null=True)
    text = Text()
    values = JSONB(default="{}")
    late = Integer(default=0, help_text="days after the span's end; 0 in time")
    written_by = UuidColumn(default=None)
    written_by_name = Varchar(length=200)
    written_at = Timestamptz(default=None, null=True)

    keys = Keys(
        begins="open",
        unique=_ONCE,
        wall="customer_id",
        references={"customer_id": "customer"},
        append_only=True,
        erasable=("text", "values"),
        indexes=(Index(("written_at desc", "id desc"), name="register_entry_newest_idx"),),
    )


class RegisterCorrection(TenantTable, tablename="register_correction"):
    """What an entry should have said: it stands beside the entry, which stays as it was."""

    entry_id = UuidColumn(default=None)
    customer_id = UuidColumn(default=None)
    text = Text()
    values = JSONB(default="{}")
    reason = Text()
    written_by = UuidColumn(default=None)
    written_by_name = Varchar(length=200)
    written_at = Timestamptz(default=None, null=True)

    keys = Keys(
        wall="customer_id",
        references={"entry_id": "register_entry", "customer_id": "customer"},
        append_only=True,
        erasable=("reason", "text", "values"),
    )


class RegisterArchive(TenantTable, tablename="register_archive"):
    """A customer's file of a year, frozen: a snapshot sealed under the customer's key, `digest` of what it holds.

    `registered` of `expected` registrations were made; so with analyses.
    """

    customer_id = UuidColumn(default=None)
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
        unique=_ONCE,
        wall="customer_id",
        references={"customer_id": "customer"},
        append_only=True,
        indexes=(Index(("archived_at desc", "id desc"), name="register_archive_newest_idx"),),
    )
