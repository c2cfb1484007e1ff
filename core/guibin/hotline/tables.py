"""Calls as rows. The caller's number stands sealed: under the customer's key once it is known who calls."""

from typing import Literal

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Boolean, Bytea, Text, Timestamptz, Varchar

from guibin.cases.outcomes import known
from guibin_tenants.tables import Index, Keys, RowOf, TenantTable

State = Literal["open", "unmatched", "missed", "done"]
CallOutcome = Literal["", "served", "passed_on", "cut_off", "not_ours"]


class HotlineCall(TenantTable, signed="opened", signed_off="ended"):
    """One call of the hotline: a service record from the moment it was answered, or from when nobody took it (S01-7).

    `state` is open while it is answered, unmatched when it is over and nobody knows whose it was, missed until it was called
    back, else done; it is kept here so that lists filter by an index. A call without a customer belongs to the org unit that
    took it, `org_unit_id`, the head office without. `staff_id` answered it, None of one that nobody took. `reference` is
    what the switch calls it: said twice by the same, it is one call. `interaction_id` is its place in the customer's history.
    `matched_by` said whose it is, or answered when its number said so. `unmatched_because` is why nobody can say.
    """

    reference = Varchar(length=80, default=None, null=True)
    customer_id = RowOf("customer", null=True)
    org_unit_id = RowOf("org_unit", null=True)
    number_sealed = Bytea(default=None, null=True)
    number_masked = Varchar(length=200, default="")
    queue = Varchar(length=60, default="")
    state = Varchar(length=9)
    rang_at = Timestamptz(default=None, null=True)
    answered_at = Timestamptz(default=None, null=True)
    staff_id = UuidColumn(default=None, null=True)
    staff_name = Varchar(length=200, default="")
    matched_by = UuidColumn(default=None, null=True)
    matched_by_name = Varchar(length=200, default="")
    matched_at = Timestamptz(default=None, null=True)
    outcome = Varchar(length=10, default="")
    content = Text(default="")
    need = Text(default="")
    handling = Text(default="")
    handled = Boolean(default=False)
    wants = Varchar(length=10, default="")
    unmatched_because = Text(default="")
    interaction_id = RowOf("interaction", null=True)

    keys = Keys(
        begins="kept",
        wall="customer_id",
        unowned=("org_unit_id",),
        erasable=("number_masked", "content", "need", "handling", "unmatched_because"),
        unique=(("opened_by", "reference"),),
        indexes=(
            Index(("rang_at desc", "id desc"), name="hotline_call_rang_idx"),
            Index(("state", "rang_at"), where="state <> 'done'", name="hotline_call_waiting_idx"),
            Index(("customer_id", "rang_at desc"), where="customer_id is not null", name="hotline_call_customer_idx"),
        ),
        checks={
            "dated": "rang_at is not null",
            "state_known": known("state", State),
            "outcome_known": known("outcome", CallOutcome),
            "missed_by_nobody": "state <> 'missed' or answered_at is null",
        },
    )
