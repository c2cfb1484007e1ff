"""What was gone through for a customer in a span. `duty` and `span` together are done once per customer."""

from piccolo.columns import Date, Text, Varchar

from guibin_tenants.tables import Index, Keys, RowOf, TenantTable

ONCE_A_SPAN = (("customer_id", "duty", "span"),)


class CustomerReview(TenantTable, customer=True, signed="reviewed"):
    """The account manager went through the customer: situation, needs and what follows, until `follow_up_on` (S07-9).

    `duty` is the rhythm's name, `span` such as 2026-W10. `request_id` is what exceeded their authority, where it went.
    """

    duty = Varchar(length=130)
    span = Varchar(length=10)
    first_on = Date(default=None, null=True)
    situation = Text()
    needs = Text(default="")
    follow_up = Text(default="")
    follow_up_on = Date(default=None, null=True)
    request_id = RowOf("department_request", null=True)

    keys = Keys(
        begins="open",
        unique=ONCE_A_SPAN,
        append_only=True,
        erasable=("situation", "needs", "follow_up"),
        indexes=(
            Index(("reviewed_at desc", "id desc"), name="customer_review_newest_idx"),
            Index(("follow_up_on",), where="follow_up_on is not null", name="customer_review_follow_up_idx"),
        ),
    )


class ReviewOutcome(TenantTable, customer=True, signed="done"):
    """What was to follow from a review is done."""

    review_id = RowOf("customer_review")
    text = Text()

    keys = Keys(unique=(("review_id",),), append_only=True, erasable=("text",))
