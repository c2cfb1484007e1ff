"""The log that only grows: its entries, the trees over them, its key and its checkpoints. Nothing of it is ever changed."""

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import BigInt, Bytea, SmallInt, Text, Timestamptz, Varchar

from guibin_tenants.tables import Index, Keys, RowOf, TenantTable

# A witness's target was its name alone.
RECEIPTS_BY_KEY = (
    "update evidence_receipt set target = target || '+'"
    " || encode(substr(decode(split_part(cosignature, ' ', 3), 'base64'), 1, 4), 'hex') where cosignature <> ''"
)


class EvidenceKey(TenantTable):
    """What checkpoints are signed with: `public` as a verifier key, the other half `sealed` under the company's key."""

    public = Text()
    sealed = Bytea(secret=True)
    made_at = Timestamptz(default=None, null=True)

    keys = Keys(while_frozen="*", written_by="company", append_only=True, unique=(("public",),))


class EvidenceEntry(TenantTable):
    """The leaf at `position`, counted from 0: what the row `source_id` of `source` said when it was sequenced.

    `leaf` is JSON as RFC 8785 writes it: ids and names in clear, everything else as commitments.
    """

    position = BigInt()
    source = Varchar(length=40)
    source_id = UuidColumn(default=None)
    happened_at = Timestamptz(default=None, null=True)
    leaf = Text()
    leaf_hash = Bytea()

    keys = Keys(
        while_frozen="*",
        written_by="company",
        append_only=True,
        unique=(("position",), ("source", "source_id")),
        indexes=(Index(("source", "happened_at")),),
        checks={"counted": "position >= 0"},
    )


class EvidenceTree(TenantTable):
    """The hash of the whole tree over the 2^`level` leaves from `place` · 2^`level` on: every eighth level is kept."""

    level = SmallInt()
    place = BigInt()
    hash = Bytea()

    keys = Keys(while_frozen="*", written_by="company", append_only=True, unique=(("level", "place"),))


class EvidenceCheckpoint(TenantTable):
    """The log of `size` entries as it was signed: `note` is a signed note of C2SP's tlog-checkpoint."""

    size = BigInt()
    root = Bytea()
    note = Text()
    signed_at = Timestamptz(default=None, null=True)

    keys = Keys(while_frozen="*", written_by="company", append_only=True, unique=(("size",),))


class EvidenceReceipt(TenantTable):
    """A checkpoint is kept elsewhere: `target` is the store, a witness by its name and the id of its key, or an auditor's mail, and
    `cosignature` the line of a witness who found it consistent."""

    checkpoint_id = RowOf("evidence_checkpoint")
    target = Varchar(length=300)
    cosignature = Text(default="")
    received_at = Timestamptz(default=None, null=True)

    keys = Keys(while_frozen="*", written_by="company", append_only=True, unique=(("checkpoint_id", "target"),))


class EvidenceFailure(TenantTable):
    """Checkpoints have not got to `target` `since`, for this `reason`: the last try was at `last_at`, and at `told_at` people were
    told. The row goes when one arrives, or when none is to go there any more."""

    target = Varchar(length=300)
    reason = Varchar(length=20)
    since = Timestamptz(default=None, null=True)
    last_at = Timestamptz(default=None, null=True)
    told_at = Timestamptz(default=None, null=True)

    keys = Keys(written_by="company", unique=(("target",),))


class EvidenceTrial(TenantTable, signed="asked"):
    """Somebody had a checkpoint sent to `target` now; the last such try of each. `outcome` says how it went once `done_at` is: it
    arrived, nothing is signed yet, or the reason why it did not arrive."""

    target = Varchar(length=300)
    outcome = Varchar(length=20, default="")
    done_at = Timestamptz(default=None, null=True)

    keys = Keys(written_by="company", unique=(("target",),))
