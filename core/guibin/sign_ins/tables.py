"""Links by which somebody chooses a password."""

from piccolo.columns import Timestamptz, Varchar

from guibin_tenants.tables import Index, Keys, RowOf, TenantTable


class PasswordLink(TenantTable):
    """A link that was sent to a member of staff: why, until when it may be opened, and when a password was chosen by it.

    The link itself stands nowhere: it is signed with the company's key.
    """

    staff_id = RowOf("staff")
    reason = Varchar(length=10)
    asked_at = Timestamptz(default=None, null=True)
    expires_at = Timestamptz(default=None, null=True)
    used_at = Timestamptz(default=None, null=True)

    keys = Keys(
        indexes=(Index(("staff_id", "expires_at")),),
        checks={"reason_known": "reason in ('invitation', 'reset', 'forgotten')"},
    )
