"""Which plans wait for a review, and how it ended."""

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Timestamptz, Varchar

from guibin.cases.outcomes import KNOWN
from guibin_tenants.tables import Index, Keys, RowOf, TenantTable


class PlanReviewed(TenantTable, tablename="plan_review", signed="asked"):
    """A campaign, an activity or a customer's relationship plan waits for the review `name` of the policy until `outcome`.

    Whoever is to carry out a plan of the whole company's sees that it still waits: only a row of a customer has a wall.
    """

    subject = Varchar(length=40)
    subject_id = UuidColumn(default=None)
    customer_id = RowOf("customer", null=True)
    org_unit_id = RowOf("org_unit", null=True)
    name = Varchar(length=60)
    clause = Varchar(length=20, default="")
    approval_id = UuidColumn(default=None, null=True)
    outcome = Varchar(length=10, default=None, null=True)
    decided_at = Timestamptz(default=None, null=True)

    keys = Keys(
        wall="customer_id",
        everybodys=True,
        begins="open",
        unique=(("subject", "subject_id"),),
        indexes=(Index(("asked_at desc", "id desc"), name="plan_review_asked_idx"),),
        checks={"decided_with_outcome": "(decided_at is null) = (outcome is null)", "outcome_known": KNOWN},
    )
