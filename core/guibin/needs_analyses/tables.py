"""What departments found their colleagues' customers to need."""

from piccolo.columns import Date, Text

from guibin_tenants.tables import Index, Keys, RowOf, TenantTable


class NeedsAnalysis(TenantTable, customer=True, signed="analysed", signed_off="followed_up"):
    """A department went through a customer unasked (S01-12): the `situation`, what they need and what is offered; `owner_id`
    follows it up until `follow_up_on`, and `outcome` says what came of it."""

    department_id = RowOf("org_unit", null=True)
    situation = Text()
    needs = Text()
    offers = Text(default="")
    owner_id = RowOf("staff")
    follow_up_on = Date(default=None, null=True)
    outcome = Text(default="")

    keys = Keys(
        begins="open",
        erasable=("situation", "needs", "offers", "outcome"),
        indexes=(
            Index(("analysed_at desc", "id desc"), name="needs_analysis_newest_idx"),
            Index(("follow_up_on",), where="followed_up_at is null", name="needs_analysis_due_idx"),
        ),
        checks={"dated": "follow_up_on is not null"},
    )
