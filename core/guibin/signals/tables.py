"""Signals that opened a task, how each ended, and the outages that affect customers."""

from typing import Literal

from piccolo.columns import JSONB, Integer, Text, Timestamptz, Varchar

from guibin.cases.outcomes import known
from guibin_tenants.tables import Index, Keys, RowOf, TenantTable

State = Literal["open", "done", "dismissed", "lapsed"]


class Outage(TenantTable, signed="reported", signed_off="ended"):
    """A service is out in an org unit's area from `began_at` on, for the customers whom `kinds`, `field` with `value`, and
    `product` name; what is empty narrows nothing."""

    org_unit_id = RowOf("org_unit")
    text = Text()
    kinds = JSONB(default="[]")
    field = Varchar(length=60, default="")
    value = Varchar(length=200, default="")
    product = Varchar(length=200, default="")
    began_at = Timestamptz(default=None, null=True)
    expected_until = Timestamptz(default=None, null=True)
    remedy = Text(default="")
    version = Integer(default=1)

    keys = Keys(
        wall="org_unit_id",
        indexes=(
            Index(("began_at desc", "id desc"), name="outage_began_idx"),
            Index(("ended_at",), where="ended_at is null", name="outage_running_idx"),
        ),
        checks={"dated": "began_at is not null", "text_given": "length(trim(text)) > 0"},
    )


class Signal(TenantTable, customer=True, signed_off="ended"):
    """Something was noticed that may become a complaint: whoever looks after the customer is to act (S07-32).

    `rule` is the policy's, `occurrence` what was noticed: the record, order, answer or outage it was; each opens one signal.
    `details` are figures and names. It ends done or dismissed, `result` says what was done or why not, or it lapses with the
    archive.
    """

    rule = Varchar(length=60)
    source = Varchar(length=20)
    occurrence = Varchar(length=80)
    outage_id = RowOf("outage", null=True)
    details = JSONB(default="{}")
    found_at = Timestamptz(default=None, null=True)
    state = Varchar(length=9, default="open")
    result = Text(default="")
    followed_days = Integer(default=30)
    clause = Varchar(length=20, default="")
    policy_version = Integer(default=0)
    version = Integer(default=1)

    keys = Keys(
        begins="open",
        erasable=("result",),
        unique=(("customer_id", "rule", "occurrence"),),
        indexes=(
            Index(("found_at desc", "id desc"), name="signal_found_idx"),
            Index(("customer_id", "found_at desc"), name="signal_customer_idx"),
            Index(("state", "found_at desc", "id desc"), name="signal_state_idx"),
        ),
        checks={
            "dated": "found_at is not null",
            "state_known": known("state", State),
        },
    )
