"""Tasks, each somebody's, and how each ended."""

from typing import Literal

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Integer, Text, Varchar

from guibin.cases.outcomes import known
from guibin_tenants.tables import Index, Keys, RowOf, TenantTable

State = Literal["open", "done", "dismissed", "lapsed"]


class Task(TenantTable, signed="asked", signed_off="ended"):
    """What is to be done, by whoever held `role` nearest to the customer when it was asked for.

    `subject` and `subject_id` are the case it is about, empty where it is about the customer alone. It ends done or dismissed,
    `result` says what was done or why not, or it lapses with the archive.
    """

    customer_id = RowOf("customer", null=True)
    org_unit_id = RowOf("org_unit", null=True)
    subject = Varchar(length=60, default="")
    subject_id = UuidColumn(default=None, null=True)
    role = Varchar(length=60)
    owner_id = RowOf("staff")
    owner_name = Varchar(length=200)
    text = Text()
    state = Varchar(length=9, default="open")
    result = Text(default="")
    version = Integer(default=1)

    keys = Keys(
        begins="kept",
        wall="customer_id",
        unowned=("org_unit_id", "owner_id"),
        erasable=("text", "result"),
        indexes=(
            Index(("asked_at desc", "id desc"), name="task_asked_idx"),
            Index(("state", "asked_at desc", "id desc"), name="task_state_idx"),
            Index(("owner_id", "asked_at desc"), name="task_owner_idx"),
            Index(("customer_id", "asked_at desc"), name="task_customer_idx"),
        ),
        checks={"state_known": known("state", State)},
    )
