"""What posts propose of their parts of the policy; what was changed, told and read."""

from piccolo.columns import JSONB, Array, Integer, Text, Timestamptz, Varchar
from piccolo.columns import UUID as UuidColumn

from guibin.cases.outcomes import KNOWN
from guibin_tenants.tables import Index, Keys, RowOf, TenantTable


class PolicyProposal(TenantTable, signed="proposed"):
    """A post proposes a change of its `part` of the policy (S04-4, S08-4): in effect from `effective_from`, or from the decision
    where that is later, as the version `became` once `outcome` is approved; refused or withdrawn it leaves nothing.

    `overrides` are what it writes over the company's own, `brought_back` what of that it gives up, `changes` the same in
    words, as they were when it was proposed.
    """

    part = Varchar(length=60)
    overrides = JSONB()
    brought_back = JSONB(default="[]")
    changes = JSONB(default="[]")
    effective_from = Timestamptz(default=None, null=True)
    note = Text(default="")
    approval_id = UuidColumn(default=None, null=True)
    outcome = Varchar(length=10, default=None, null=True)
    decided_at = Timestamptz(default=None, null=True)
    became = Integer(default=None, null=True)
    policy_version = Integer(default=0)

    keys = Keys(
        written_by="company",
        indexes=(
            Index(("proposed_at desc", "id desc"), name="policy_proposal_proposed_idx"),
            Index(("part",), unique=True, where="outcome is null", name="policy_proposal_open_idx"),
        ),
        checks={"decided_with_outcome": "(decided_at is null) = (outcome is null)", "outcome_known": KNOWN},
    )


class PolicyDraft(TenantTable, signed="begun"):
    """What `person_id` gathers before it becomes a version: `overrides` over the company's own, less what is `brought_back`.

    It was begun when `made_from` was the latest version.
    """

    person_id = UuidColumn(default=None)
    overrides = JSONB()
    brought_back = JSONB(default="[]")
    made_from = Integer(default=0)
    changed_at = Timestamptz(default=None, null=True)

    keys = Keys(written_by="company", unique=(("person_id",),))


class PolicyAnnouncement(TenantTable, signed="written"):
    """What a version of the policy changed, told to whoever holds one of `roles`, to be read until `read_by_at` (S01-13).

    `changes` says it in words, the old beside the new, in both languages.
    """

    policy_version = Integer()
    effective_from = Timestamptz(default=None, null=True)
    changes = JSONB(default="[]")
    roles = Array(base_column=Text(), default=list)
    note = Text(default="")
    read_by_at = Timestamptz(default=None, null=True)

    keys = Keys(
        written_by="company",
        unique=(("policy_version",),),
        append_only=True,
        indexes=(Index(("written_at desc", "id desc"), name="policy_announcement_written_idx"),),
    )


class PolicyReading(TenantTable):
    """Somebody who must comply has read it."""

    announcement_id = RowOf("policy_announcement")
    staff_id = RowOf("staff")
    staff_name = Varchar(length=200)
    read_at = Timestamptz(default=None, null=True)

    keys = Keys(wall="staff_id", append_only=True, unique=(("announcement_id", "staff_id"),))
