"""The archive's rows. Whatever is confidential stands sealed in `sealed_value`, never in a column in clear."""

from piccolo.columns import JSONB, BigInt, Boolean, Bytea, Date, Integer, Text, Timestamptz, Varchar
from piccolo.columns import UUID as UuidColumn

from guibin_tenants.tables import Index, Keys, Part, RowOf, TenantTable


class Customer(TenantTable, in_step=True):
    """A customer. `pinyin` and `initials` are the name as it is usually read; `pinyin` also orders names.

    `birthday` is a solar day, `birthday_lunar` a lunar one as `dates.columns_of` writes it; at most one of them is there.
    `fields` holds the packs' fields that are not confidential. `closed_at` ends the archive, `erased_at` says
    that its key was destroyed.
    """

    number = Varchar(length=60)
    kind = Varchar(length=40)
    name = Varchar(length=200)
    pinyin = Varchar(length=400)
    initials = Varchar(length=200)
    org_unit_id = RowOf("org_unit")
    account_manager_id = RowOf("staff", null=True)
    sex = Varchar(length=10, default="", help_text="male, female or empty")
    birthday = Date(default=None, null=True)
    birthday_lunar = Varchar(length=11, default=None, null=True)
    employer = Varchar(length=200, default="")
    department = Varchar(length=200, default="")
    position = Varchar(length=200, default="")
    preferences = JSONB(default="{}")
    fields = JSONB(default="{}")
    version = Integer(default=1)
    created_at = Timestamptz(default=None, null=True)
    changed_at = Timestamptz(default=None, null=True)
    closed_at = Timestamptz(default=None, null=True)
    erased_at = Timestamptz(default=None, null=True)

    keys = Keys(
        wall="org_unit_id",
        lent_by="emergency_access",
        unique=(("number",),),
        collate_c=("number", "name", "pinyin", "initials"),
        indexes=(
            Index(("id", "org_unit_id"), unique=True),
            Index(("created_at", "id")),
            Index(("org_unit_id", "number")),
            Index(("account_manager_id", "id")),
            Index(("birthday",), where="birthday is not null"),
            Index(("birthday_lunar",), where="birthday_lunar is not null"),
        ),
    )


class SearchTerm(TenantTable):
    """What a customer's name begins with, or a part of it from any character or word on: see `names.search_terms`.

    `org_unit_id` is the customer's: many rows are read for one that is shown, and each would be looked for behind its wall.
    """

    customer_id = RowOf("customer")
    org_unit_id = UuidColumn(default=None)
    term = Varchar(length=100)

    keys = Keys(
        merging="stays",
        wall="org_unit_id",
        follows={"org_unit_id": "customer_id"},
        unique=(("customer_id", "term"),),
        collate_c=("term",),
        indexes=(Index(("term", "customer_id")), Index(("org_unit_id", "term", "customer_id"))),
    )


class Consent(Part, of="customer", signed="recorded"):
    """What the customer said to a purpose: granted, refused or withdrawn. The latest row holds (S02-2)."""

    purpose = Varchar(length=60)
    answer = Varchar(length=10)
    note = Text(default="")

    keys = Keys(
        begins="kept",
        indexes=(Index(("customer_id", "purpose", "recorded_at desc")),),
        checks={"answer": "answer in ('granted', 'refused', 'withdrawn')"},
    )


class Occasion(TenantTable, customer=True):
    """A day to remember: a wedding, the founding of a company. A solar day, or a lunar one as `dates.columns_of` writes it."""

    name = Varchar(length=100)
    happened_on = Date(default=None, null=True)
    happened_lunar = Varchar(length=11, default=None, null=True)

    keys = Keys(begins="open", checks={"dated": "happened_on is not null or happened_lunar is not null"})


class Relative(TenantTable, customer=True):
    """Somebody important to the customer (S07-24): third-party data, sealed under the customer's key (subtlety 69).

    `sealed` is the JSON of name, phone, birthday and note; `masked` the name as it may be shown.
    """

    relation = Varchar(length=60, help_text="spouse, child, assistant and so on")
    sealed = Bytea()
    masked = Varchar(length=200)
    created_at = Timestamptz(default=None, null=True)

    keys = Keys(begins="open", indexes=(Index(("customer_id", "created_at")),))


class CustomerLink(TenantTable, customer=True):
    """A customer's part in another's, such as an executive of a company (S04-5). `ended_on` is exclusive."""

    of_customer_id = RowOf("customer")
    role = Varchar(length=60)
    ended_on = Date(default=None, null=True)

    keys = Keys(begins="open", unique=(("customer_id", "of_customer_id", "role"),))


class ProductOrder(TenantTable, customer=True):
    """A paid service the customer has, from `started_on` until before `ends_on` (S07-25). Price in minor units."""

    number = Varchar(length=60)
    product = Varchar(length=200)
    price = BigInt(default=0)
    currency = Varchar(length=3, default="CNY")
    started_on = Date(default=None, null=True)
    ends_on = Date(default=None, null=True)
    ended_at = Timestamptz(default=None, null=True)
    created_at = Timestamptz(default=None, null=True)

    keys = Keys(
        begins="open",
        unique=(("number",),),
        indexes=(Index(("ends_on",), where="ended_at is null"),),
        checks={"period": "started_on is not null and ends_on > started_on", "price": "price >= 0"},
    )


class Correction(Part, of="customer", signed="corrected", erasable=("reason",)):
    """A field of an archive, order or record stood there otherwise before (S07-10); without a reason it was an ordinary change.

    Both values are JSON sealed under the customer's key: erasing the customer closes this history too. `mask` is how
    confidential ones are shown, as it was when they were written; empty for others.
    """

    subject = Varchar(length=20)
    subject_id = UuidColumn(default=None)
    field = Varchar(length=80)
    sealed_before = Bytea()
    sealed_after = Bytea()
    mask = Varchar(length=20, default="", null=True)
    reason = Text()

    keys = Keys(
        begins="open",
        indexes=(Index(("customer_id", "corrected_at desc", "id desc"), name="correction_history_idx"),),
    )


class Disclosure(Part, of="customer"):
    """Somebody was shown values in clear, and said why.

    `leaves_to` is nobody, customer or outside: then `recipient` is who got them, `legal_basis` the law or order; without
    one the customer had allowed it (S12-5).
    """

    purpose = Text()
    fields = JSONB(default="[]")
    leaves_to = Varchar(length=12, default="nobody")
    recipient = Varchar(length=200, default="")
    legal_basis = Varchar(length=200, default="")
    disclosed_to = UuidColumn(default=None)
    disclosed_to_name = Varchar(length=200)
    disclosed_at = Timestamptz(default=None, null=True)

    keys = Keys(while_frozen="*", begins="kept")


class ArchiveClosing(Part, of="customer", signed="closed", erasable=("note",)):
    """The archive was closed, by which of the policy's reasons; what stands in it stays (S07-35)."""

    reason = Varchar(length=60)
    note = Text(default="")

    keys = Keys(merging="stays", begins="open", indexes=(Index(("customer_id", "closed_at desc")),))


class ArchiveReopening(Part, of="archive_closing", by="closing_id", signed="reopened", erasable=("reason",)):
    """The customer is back; `restored` says that what had ended with the closing holds again."""

    reason = Text()
    restored = Boolean()

    keys = Keys(unique=(("closing_id",),))


class ArchiveMerge(TenantTable, customer=True, signed="merged", signed_off="undone"):
    """The archive `merged_id` is the same customer's: what it held is this one's until that is undone (S14-2).

    `choices` says which value was taken where both had one; `sealed` is the JSON of what stood here before, sealed under this
    customer's key. `closed` says that the other archive was open until then.
    """

    merged_id = RowOf("customer")
    reason = Text()
    choices = JSONB(default="{}")
    closed = Boolean()
    sealed = Bytea()
    undone_because = Text(default="")

    keys = Keys(
        merging="stays",
        begins="open",
        also=("merged_id",),
        erasable=("reason", "choices", "undone_because"),
        indexes=(Index(("merged_id",), unique=True, where="undone_at is null", name="archive_merge_once_idx"),),
    )


class ArchiveMergeRow(Part, of="archive_merge", by="merge_id"):
    """A row that went along, by which of its columns: undoing the merge gives it back."""

    table_name = Varchar(length=63)
    column_name = Varchar(length=63)
    row_id = UuidColumn(default=None)


class TeamMember(Part, of="customer", signed="added", dated=False, changes=True):
    """Somebody serves the customer beside its account manager, with a part, until `left_at` (S10-4)."""

    staff_id = RowOf("staff")
    staff_name = Varchar(length=200)
    part = Varchar(length=60)
    joined_at = Timestamptz(default=None, null=True)
    left_at = Timestamptz(default=None, null=True)

    keys = Keys(
        begins="open",
        indexes=(
            Index(
                ("customer_id", "staff_id", "part"),
                unique=True,
                where="left_at is null",
                name="team_member_once_idx",
            ),
        ),
    )
