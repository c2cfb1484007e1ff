"""Contacts as rows. The number a customer was called on stands sealed."""

from typing import Literal

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Boolean, Bytea, SmallInt, Text, Timestamptz, Varchar

from guibin.cases.outcomes import known
from guibin_tenants.tables import Index, Keys, RowOf, TenantTable

Direction = Literal["in", "out"]
ContactOutcome = Literal["reached", "not_reached", "missed"]
HandlingState = Literal["none", "open", "done"]


class Interaction(TenantTable, customer=True, signed="recorded"):
    """One contact with a customer, or an attempt at one (S07-25: method, number, time, place, content, need, handling).

    `channel` is the method. `outcome` not_reached is an attempt of ours, missed a customer's call nobody took (S05-5).
    `number` is shown masked in `number_masked`. `handling_state` follows from the handlings beside it and is kept here
    so that lists filter by an index. `wants` says what kind of need it is.
    `staff_id` had the contact. `source` and `source_number` are where an imported one came from.
    """

    channel = Varchar(length=40)
    direction = Varchar(length=3)
    outcome = Varchar(length=11, default="reached")
    happened_at = Timestamptz(default=None, null=True)
    duration_minutes = SmallInt(default=None, null=True)
    place = Varchar(length=200, default="")
    number_sealed = Bytea(default=None, null=True)
    number_masked = Varchar(length=200, default="")
    content = Text()
    need = Text(default="")
    wants = Varchar(length=10, default="")
    handling_state = Varchar(length=4, default="none")
    staff_id = UuidColumn(default=None)
    staff_name = Varchar(length=200)
    source = Varchar(length=40, default=None, null=True)
    source_number = Varchar(length=64, default=None, null=True)

    keys = Keys(
        begins="kept",
        erasable=("content", "need", "place", "number_masked"),
        indexes=(
            Index(("customer_id", "happened_at desc", "id desc"), name="interaction_history_idx"),
            Index(("happened_at desc", "id desc"), name="interaction_happened_idx"),
            Index(("staff_id", "happened_at desc", "id desc"), name="interaction_staff_idx"),
            Index(("happened_at",), where="handling_state = 'open'", name="interaction_open_idx"),
            # Within a customer: that another outlet's customer has the same is told to nobody.
            Index(
                ("source", "source_number", "customer_id"),
                unique=True,
                where="source is not null",
                name="interaction_source_idx",
            ),
        ),
        checks={
            "dated": "happened_at is not null and recorded_at is not null",
            "direction_known": known("direction", Direction),
            "outcome_known": known("outcome", ContactOutcome),
            "state_known": known("handling_state", HandlingState),
            "wants_known": "wants in ('', 'product', 'membership', 'help')",
        },
    )


class InteractionHandling(TenantTable, customer=True, signed="handled"):
    """What was done about a need; `done` says that it is met."""

    interaction_id = RowOf("interaction")
    text = Text()
    done = Boolean(default=False)

    keys = Keys(append_only=True, erasable=("text",), checks={"text_given": "length(trim(text)) > 0"})
