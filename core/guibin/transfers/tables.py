"""Imports and exports, each with its file while it is kept."""

from typing import Literal

from piccolo.columns import JSONB, Boolean, Bytea, Integer, Timestamptz, Varchar
from piccolo.columns import UUID as UuidColumn

from guibin.cases.outcomes import known
from guibin_tenants.tables import Index, Keys, RowOf, TenantTable

Direction = Literal["import", "export"]
# As long as what a pack calls rows of its own: its name, a dot and a word.
KIND_CHARS_MAX = 80


class Transfer(TenantTable, signed="asked"):
    """A file on its way in or out. `sealed` is the file that was sent, under the company's key, until it is imported;
    `outcome` what came of it, a file too: the rows that were refused, or what was exported.

    `heading` are the columns of the file, `mapping` which of them is which field. `stage` and `rows_done` say how far it is;
    `report` what it did. It belongs to the whole company, or to the outlet `org_unit_id` that takes in its own.
    """

    direction = Varchar(length=6)
    kind = Varchar(length=KIND_CHARS_MAX)
    file_name = Varchar(length=200)
    file_bytes = Integer(default=0)
    purpose = Varchar(length=2000, default="")
    org_unit_id = RowOf("org_unit", null=True)
    staff_id = UuidColumn(default=None, null=True)
    heading = JSONB(default="[]")
    mapping = JSONB(default="{}")
    dry_run = Boolean(default=True)
    sealed = Bytea(default=None, null=True)
    outcome = Bytea(default=None, null=True)
    run = Integer(default=0)
    queued_at = Timestamptz(default=None, null=True)
    started_at = Timestamptz(default=None, null=True)
    stage = Varchar(length=20, default="")
    rows_done = Integer(default=0)
    cancelled_at = Timestamptz(default=None, null=True)
    ended_at = Timestamptz(default=None, null=True)
    ended = Varchar(length=10, default="")
    report = JSONB(default="{}")

    keys = Keys(
        wall="org_unit_id",
        indexes=(Index(("direction", "asked_at desc", "id desc"), name="transfer_asked_idx"),),
        checks={
            "direction_known": known("direction", Direction),
            "ended_known": "ended in ('done', 'refused', 'cancelled', 'failed', '')",
        },
    )
