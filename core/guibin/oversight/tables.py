"""Looks that were drawn as unusual, and what auditors found about them."""

from typing import Literal

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Array, Integer, Text, Timestamptz, Varchar

from guibin.cases.outcomes import known
from guibin_tenants.tables import Index, Keys, Part, RowOf, TenantTable

State = Literal["open", "explained", "followed"]
NOBODY = "'00000000-0000-0000-0000-000000000000'::uuid"


class UnusualLook(TenantTable):
    """Somebody's looks between `from_at` and before `until_at` broke a rule of the policy: `found` customers, or refusals, where
    the rule asks for `at_least` so many. `customer_ids` are the first of them; `customer_id` is the one it is about, where it is one.
    """

    rule = Varchar(length=40)
    clause = Varchar(length=20, default="")
    actor_id = RowOf("staff")
    actor_name = Varchar(length=200)
    customer_id = UuidColumn(default=None, null=True)
    customer_ids = Array(base_column=UuidColumn(default=None), default=list)
    from_at = Timestamptz(default=None, null=True)
    until_at = Timestamptz(default=None, null=True)
    looks = Integer()
    found = Integer()
    at_least = Integer()
    policy_version = Integer(default=0)
    drawn_at = Timestamptz(default=None, null=True)
    # Empty until somebody looked into it.
    state = Varchar(length=10, default="open")

    keys = Keys(
        wall="actor_id",
        merging="stays",
        indexes=(
            Index(("drawn_at desc", "id desc"), name="unusual_look_drawn_idx"),
            Index(
                ("rule", "actor_id", "from_at", "coalesce(customer_id, actor_id)"),
                unique=True,
                name="unusual_look_once_idx",
            ),
        ),
        checks={"state_known": known("state", State)},
    )


class UnusualLookMark(Part, of="unusual_look", by="look_id", signed="marked", erasable=("note",)):
    """An auditor's word on it: it is `explained`, or to be `followed`, and why."""

    mark = Varchar(length=10)
    note = Text()

    keys = Keys(checks={"mark_known": "mark in ('explained', 'followed')"})


class SummedSpan(TenantTable):
    """From which moment on, and before which, the looks of a span were counted; `counted_as` tells what was a look then."""

    span = Varchar(length=10)
    from_at = Timestamptz(default=None, null=True)
    until_at = Timestamptz(default=None, null=True)
    counted_as = Varchar(length=64)

    keys = Keys(unique=(("span",),))


class LookSum(TenantTable):
    """Looks of a `SummedSpan` by people of one unit: a `person`'s, for a `purpose`, of an `action`. `name` is the person's, the
    purpose or the action. An outlet's auditor sees those of its own people, as of the entries they are counted from.
    """

    span = Varchar(length=10)
    part = Varchar(length=10)
    org_unit_id = UuidColumn(default=None, null=True)
    actor_id = UuidColumn(default=None, null=True)
    name = Text()
    looks = Integer()
    files = Integer()
    clear = Integer()
    last_at = Timestamptz(default=None, null=True)

    keys = Keys(
        wall="org_unit_id",
        indexes=(
            Index(
                ("span", "part", f"coalesce(org_unit_id, {NOBODY})", f"coalesce(actor_id, {NOBODY})", "md5(name)"),
                unique=True,
                name="look_sum_once_idx",
            ),
        ),
        checks={"part_known": "part in ('person', 'purpose', 'action')"},
    )


class CustomerLookSum(TenantTable):
    """Looks of a `SummedSpan` at one customer, on lists and by themselves."""

    span = Varchar(length=10)
    customer_id = UuidColumn(default=None)
    looks = Integer()
    clear = Integer()
    last_at = Timestamptz(default=None, null=True)

    keys = Keys(
        wall="customer_id",
        merging="stays",
        unique=(("span", "customer_id"),),
        indexes=(Index(("span", "looks desc", "customer_id"), name="customer_look_sum_most_idx"),),
    )
