"""Rosters, their shifts, and the matters to which whoever is on duty was called."""

from typing import Literal

from piccolo.columns import JSONB, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns import UUID as UuidColumn

from guibin.cases.outcomes import known
from guibin_tenants.tables import Index, Keys, Part, RowOf, TenantTable

State = Literal["waiting", "taken", "over"]


class DutyRoster(TenantTable, signed="opened", signed_off="closed"):
    """An org unit keeps a roster for one of the policy's duties; those under it, which keep none, are served by it."""

    org_unit_id = RowOf("org_unit")
    duty = Varchar(length=60)
    closing_reason = Text(default="")

    keys = Keys(
        written_by="org_unit_id",
        indexes=(Index(("org_unit_id", "duty"), unique=True, where="closed_at is null", name="duty_roster_open_key"),),
    )


class DutyShift(TenantTable, signed="planned", signed_off="cancelled"):
    """Somebody is on duty from `from_at` until before `until_at`; of several at one time the lowest `position` is called first."""

    roster_id = RowOf("duty_roster")
    staff_id = RowOf("staff")
    staff_name = Varchar(length=200)
    position = SmallInt(default=1)
    from_at = Timestamptz(default=None, null=True)
    until_at = Timestamptz(default=None, null=True)
    because = Varchar(length=200, default="")

    keys = Keys(
        written_by="roster_id",
        indexes=(
            Index(("roster_id", "until_at")),
            Index(("staff_id", "until_at")),
            Index(("from_at", "id"), name="duty_shift_earliest_idx"),
        ),
        checks={"dated": "from_at is not null and until_at is not null"},
    )


class DutyCall(TenantTable, signed_off="taken"):
    """What came in while somebody was on duty, and who is to take it: `asked_id` now, in the `round`th go, None for nobody left.

    `state` is waiting, taken by somebody, or over where the matter itself was settled first. Whoever is `passed_over` is not called to it.
    """

    roster_id = RowOf("duty_roster", null=True)
    duty = Varchar(length=60)
    org_unit_id = RowOf("org_unit", null=True)
    customer_id = RowOf("customer", null=True)
    subject = Varchar(length=40)
    subject_id = UuidColumn(default=None)
    number = Varchar(length=60, default="")
    state = Varchar(length=8, default="waiting")
    came_at = Timestamptz(default=None, null=True)
    round = SmallInt(default=0)
    asked_id = UuidColumn(default=None, null=True)
    asked_name = Varchar(length=200, default="")
    passed_over = JSONB(default=[])

    keys = Keys(
        begins="kept",
        wall="customer_id",
        unowned=("org_unit_id",),
        unique=(("subject_id", "duty"),),
        indexes=(
            Index(("came_at desc", "id desc"), name="duty_call_came_idx"),
            Index(("asked_id",), where="state = 'waiting'", name="duty_call_waiting_idx"),
        ),
        checks={"dated": "came_at is not null", "state_known": known("state", State)},
    )


class DutyAsk(Part, of="duty_call"):
    """Somebody on duty was called to it, at this moment."""

    staff_id = UuidColumn(default=None)
    staff_name = Varchar(length=200)
    round = SmallInt()
    asked_at = Timestamptz(default=None, null=True)

    keys = Keys(unique=(("duty_call_id", "staff_id"),))
