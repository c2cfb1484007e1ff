"""What was drawn, what was found, and what became of it."""

from typing import Literal

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Date, Integer, Text, Timestamptz, Varchar

from guibin.cases.outcomes import known
from guibin_tenants.tables import Index, Keys, Part, RowOf, TenantTable

State = Literal["open", "corrected", "verified"]


class Inspection(TenantTable):
    """The sample of one inspection of the policy in one span: of so many (`population`), whose ids in order have this `digest`,
    drawn by `seed`, so that anybody can draw it again (S08-6)."""

    name = Varchar(length=60)
    span = Varchar(length=10)
    subject = Varchar(length=20)
    inspector = Varchar(length=60)
    clause = Varchar(length=20, default="")
    seed = Varchar(length=64)
    population = Integer(default=0)
    digest = Varchar(length=64)
    drawn_on = Date(default=None, null=True)
    drawn_at = Timestamptz(default=None, null=True)
    policy_version = Integer(default=0)

    keys = Keys(
        written_by="company",
        unique=(("name", "span"),),
        append_only=True,
        indexes=(Index(("drawn_at desc", "id desc"), name="inspection_drawn_idx"),),
    )


class InspectionItem(TenantTable, customer=True, signed_off="inspected"):
    """Something of a customer's that was drawn: whose work it is (`responsible_id`), and how it was found, `passed` or
    `failed`."""

    inspection_id = RowOf("inspection")
    subject = Varchar(length=20)
    subject_id = UuidColumn(default=None)
    org_unit_id = RowOf("org_unit")
    responsible_id = RowOf("staff", null=True)
    result = Varchar(length=6, default=None, null=True)
    note = Text(default="")

    keys = Keys(
        begins="open",
        unique=(("inspection_id", "subject_id"),),
        erasable=("note",),
        indexes=(Index(("inspection_id", "id")),),
        checks={
            "result_known": "result in ('passed', 'failed')",
            "inspected_with_result": "(inspected_at is null) = (result is null)",
        },
    )


class InspectionFinding(TenantTable, customer=True, signed="found"):
    """A fault: by which `criterion`, how severe, who corrects it. `state` follows from the steps: open, corrected, verified."""

    item_id = RowOf("inspection_item")
    org_unit_id = RowOf("org_unit")
    inspector = Varchar(length=60)
    criterion = Varchar(length=60)
    severity = Varchar(length=7)
    text = Text()
    owner_id = RowOf("staff")
    clause = Varchar(length=20, default="")
    state = Varchar(length=9, default="open")

    keys = Keys(
        erasable=("text",),
        indexes=(
            Index(("found_at desc", "id desc"), name="inspection_finding_found_idx"),
            Index(("owner_id",), where="state = 'open'", name="inspection_finding_owed_idx"),
        ),
        checks={
            "state_known": known("state", State),
            "severity_known": "severity in ('minor', 'serious')",
        },
    )


class InspectionStep(Part, of="inspection_finding", by="finding_id", signed="taken", erasable=("text",)):
    """The fault was corrected, the correction verified, or sent back."""

    kind = Varchar(length=9)
    text = Text(default="")

    keys = Keys(
        indexes=(Index(("finding_id", "taken_at")),),
        checks={"kind_known": "kind in ('corrected', 'verified', 'returned')"},
    )
