"""A department's request, everything that happened to it, and whose matter it is."""

from typing import Literal

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Boolean, Integer, SmallInt, Text, Timestamptz, Varchar

from guibin.cases.outcomes import known
from guibin_tenants.tables import Index, Keys, Part, RowOf, TenantTable

State = Literal["sent", "acknowledged", "answered", "returned", "withdrawn"]
_MATTER = "department_matter"


class DepartmentRequest(TenantTable, signed="asked"):
    """`owner_id` of the unit asked answers for it, `asked_by` follows it up.

    With `upward` it went up the line: the leader asked and those above see and answer it, the unit at large does not.
    The row names no customer: departments see what they are asked without seeing the archive. `state` follows from the
    events and is kept here so that lists filter by an index; `round` counts the sendings.
    """

    number = Varchar(length=20)
    task = Varchar(length=60)
    text = Text()
    from_unit_id = RowOf("org_unit", null=True)
    to_unit_id = RowOf("org_unit")
    owner_id = RowOf("staff")
    owner_name = Varchar(length=200)
    state = Varchar(length=12, default="sent")
    round = SmallInt(default=1)
    upward = Boolean(default=False)
    clause = Varchar(length=20, default="")
    policy_version = Integer(default=0)
    version = Integer(default=1)

    keys = Keys(
        wall="to_unit_id",
        also=("from_unit_id", "owner_id"),
        unique=(("number",),),
        indexes=(
            Index(("asked_at desc", "id desc"), name="department_request_asked_idx"),
            Index(("to_unit_id", "asked_at desc")),
            Index(("owner_id", "asked_at desc")),
        ),
        erasable=("text",),
        about=("id", _MATTER, "request_id"),
        checks={"state_known": known("state", State)},
    )


class DepartmentEvent(Part, of="department_request", by="request_id", signed="written", erasable=("text",)):
    """It was sent, acknowledged, answered, handed back or withdrawn; `to_unit_id` is the department it is about."""

    round = SmallInt()
    kind = Varchar(length=12)
    text = Text(default="")
    to_unit_id = RowOf("org_unit")
    owner_name = Varchar(length=200)

    keys = Keys(
        unique=(("request_id", "round", "kind"),),
        about=("request_id", _MATTER, "request_id"),
        checks={"kind_known": known("kind", State)},
    )


class DepartmentMatter(TenantTable, tablename=_MATTER):
    """Whose matter it is: seen by those who see the customer."""

    request_id = RowOf("department_request")
    customer_id = RowOf("customer", null=True)
    subject = Varchar(length=40, default="")
    subject_id = UuidColumn(default=None, null=True)

    keys = Keys(
        begins="kept",
        unowned=("request_id",),
        unique=(("request_id",),),
        wall="customer_id",
        append_only=True,
        indexes=(Index(("subject_id",)),),
    )


class DepartmentContact(TenantTable, signed="named"):
    """A department's dedicated contact for key-account business, and who stands in, until another is named (S07-30)."""

    org_unit_id = RowOf("org_unit")
    staff_id = RowOf("staff")
    staff_name = Varchar(length=200)
    deputy_id = RowOf("staff", null=True)
    deputy_name = Varchar(length=200, default="")
    until_at = Timestamptz(default=None, null=True)
    because = Text(default="")

    keys = Keys(
        written_by="org_unit_id",
        indexes=(
            Index(
                ("org_unit_id", "staff_id", "deputy_id"),
                unique=True,
                where="until_at is null",
                name="department_contact_now_key",
            ),
        ),
    )
