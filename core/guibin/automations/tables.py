"""What automations did or left, each time."""

from piccolo.columns import JSONB, Text, Timestamptz, Varchar
from piccolo.columns import UUID as UuidColumn

from guibin_tenants.tables import Index, Keys, RowOf, TenantTable


class AutomationRun(TenantTable, tablename="automation_run"):
    """An automation looked at something: whether its condition held, and if so what became of each command.

    `occurrence` is what it was, so that the same is done once. `outcome` is done, not_met, refused (every command was), loop or
    bounded (it was not carried out, for it goes round or too often). `commands` name what forbade one, and quote nothing.
    """

    automation = Varchar(length=60)
    event = Varchar(length=60)
    occurrence = Varchar(length=120)
    customer_id = RowOf("customer", null=True)
    subject = Varchar(length=60, default="")
    subject_id = UuidColumn(default=None, null=True)
    outcome = Varchar(length=8)
    because = Text(default="")
    commands = JSONB(default="[]")
    ran_at = Timestamptz(default=None, null=True)

    keys = Keys(
        wall="customer_id",
        unique=(("automation", "occurrence"),),
        append_only=True,
        expires=True,
        erasable=("because",),
        indexes=(
            Index(("automation", "ran_at desc"), name="automation_run_idx"),
            Index(("ran_at desc", "id desc"), name="automation_run_ran_idx"),
            Index(("customer_id", "automation", "ran_at desc"), name="automation_run_customer_idx"),
        ),
        checks={"outcome_known": "outcome in ('done', 'not_met', 'refused', 'loop', 'bounded')"},
    )
