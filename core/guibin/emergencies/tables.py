"""Emergency accesses: who opened whose file, why, from when and until when, and what an auditor held of it."""

from piccolo.columns import Integer, Text, Timestamptz, Varchar

from guibin_tenants.tables import NAME_CHARS_MAX, Index, Keys, Part, RowOf, TenantTable


class EmergencyAccess(TenantTable, signed_off="ended"):
    """The customer's file is lent to one person from `opened_at` until before `until_at`, or until it is ended before that.

    PostgreSQL lends it by this row (`Keys.lent_by`). It stands behind the wall of the person's own org unit, never behind the
    customer's: that one asks for it.
    """

    staff_id = RowOf("staff")
    staff_name = Varchar(length=NAME_CHARS_MAX)
    customer_id = RowOf("customer")
    reason = Text()
    case_number = Varchar(length=60, default="")
    opened_at = Timestamptz(default=None, null=True)
    until_at = Timestamptz(default=None, null=True)
    policy_version = Integer(default=0)

    keys = Keys(
        begins="kept",
        wall="staff_id",
        merging="stays",
        erasable=("reason", "case_number"),
        indexes=(
            Index(("opened_at desc", "id desc"), name="emergency_access_opened_idx"),
            Index(("staff_id", "opened_at desc"), name="emergency_access_staff_idx"),
            Index(("customer_id", "opened_at desc"), name="emergency_access_customer_idx"),
        ),
        # Whatever a policy or a program says, none lasts longer.
        checks={"is_short": "until_at > opened_at and until_at <= opened_at + interval '4 hours'"},
    )


class EmergencyReview(Part, of="emergency_access", by="access_id", signed="reviewed", erasable=("reason",)):
    """An auditor's verdict on an access, once: it was `justified` or `not_justified`, and why."""

    verdict = Varchar(length=20)
    reason = Text()

    keys = Keys(
        unique=(("access_id",),),
        indexes=(Index(("reviewed_at desc",), name="emergency_review_reviewed_idx"),),
        checks={"verdict_known": "verdict in ('justified', 'not_justified')"},
    )
