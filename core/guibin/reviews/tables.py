"""What was gone through for a customer in a span. `duty` and `span` together are done once per customer."""

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Date, Text, Timestamptz, Varchar

from guibin_tenants.tables import Index, Keys, TenantTable

ONCE_A_SPAN = (("customer_id", "duty", "span"),)


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
        signed="reviewed",
        begins="open",
        unique=ONCE_A_SPAN,
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
        signed="done",
        unique=(("review_id",),),
        wall="customer_id",
        references={"review_id": "customer_review", "customer_id": "customer"},
        append_only=True,
        erasable=("text",),
    )
