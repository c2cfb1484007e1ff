"""Files as rows: what is known of each, its bytes sealed beside it, that it was removed, and how much there is."""

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import BigInt, Boolean, Bytea, Integer, Varchar

from guibin_tenants.tables import Index, Keys, Part, RowOf, TenantTable


class StoredFile(TenantTable, signed="added"):
    """A file of a customer or a case: the row `subject_id` of the kind `subject`.

    Its bytes, `bytes_count` of them in clear, stand sealed in `file_content` or, with `kept_in` store, in the operator's
    object store. `sha256` is of what was sent, so that whoever has it can prove that this is it. What is `confidential` opens
    with a purpose only.
    """

    subject = Varchar(length=40)
    subject_id = UuidColumn(default=None)
    customer_id = RowOf("customer", null=True)
    name = Varchar(length=120)
    media_type = Varchar(length=80)
    kind = Varchar(length=10)
    confidential = Boolean(default=False)
    bytes_count = Integer(default=0)
    sha256 = Varchar(length=64)
    thumbnail = Boolean(default=False)
    kept_in = Varchar(length=8, default="database")

    keys = Keys(
        begins="kept",
        append_only=True,
        unowned=(
            "subject_id complaint",
            "subject_id approval_request",
            "subject_id mail",
            "subject_id qualification_record",
        ),
        erasable=("name", "sha256"),
        wall="customer_id",
        indexes=(
            Index(("subject_id", "added_at desc", "id desc"), name="stored_file_subject_idx"),
            Index(("customer_id", "added_at desc", "id desc"), name="stored_file_customer_idx"),
        ),
        checks={
            "kind_known": "kind in ('photo', 'document', 'evidence', 'identity', 'signature')",
            "place_known": "kept_in in ('database', 'store')",
        },
    )


class FileContent(TenantTable):
    """The sealed bytes of a file, or of its thumbnail: `part` says which. Gone with its removal and its customer's erasure."""

    file_id = RowOf("stored_file")
    part = Varchar(length=9)
    sealed = Bytea()

    keys = Keys(
        wall="file_id",
        unique=(("file_id", "part"),),
        append_only=True,
        expires=True,
        checks={"part_known": "part in ('whole', 'thumbnail')"},
    )


class FileRemoval(Part, of="stored_file", by="file_id", signed="removed", erasable=("reason",)):
    """The file was taken away, and why; its bytes are no more."""

    reason = Varchar(length=1000)

    keys = Keys(unique=(("file_id",),))


class FileTotal(TenantTable):
    """How many bytes the company's files have together, by where they are kept. Changed by everybody who adds or removes one."""

    kept_in = Varchar(length=8)
    bytes_count = BigInt(default=0)

    keys = Keys(unique=(("kept_in",),))
