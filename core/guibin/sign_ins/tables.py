"""Links by which somebody chooses a password, and the provider by which people sign in."""

from piccolo.columns import JSONB, Boolean, Bytea, Timestamptz, Varchar

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


class IdentityProvider(TenantTable, signed="written"):
    """The company's own OpenID provider: whose word it is and under which number the company is known there, the secret sealed,
    and what its claims bring. One row; another one takes its place, and what was begun with the one before ends."""

    issuer = Varchar(length=400)
    client_id = Varchar(length=200)
    sealed = Bytea(secret=True)
    settings = JSONB()
    one = Boolean(default=True)

    keys = Keys(unique=(("one",),), written_by="company", checks={"one_alone": "one"})


class ProviderAttempt(TenantTable):
    """Somebody went to the provider: what must come back with them, once, in time, in the same browser."""

    provider_id = RowOf("identity_provider")
    digest = Varchar(length=64, secret=True)
    nonce = Varchar(length=64, secret=True)
    sealed = Bytea(secret=True)
    expires_at = Timestamptz(default=None, null=True)

    keys = Keys(while_frozen="*", unique=(("digest",),), indexes=(Index(("expires_at",)),))


class ProviderIdentity(TenantTable):
    """Who an account is to the provider of that name."""

    staff_id = RowOf("staff")
    issuer = Varchar(length=400)
    subject = Varchar(length=255)
    bound_at = Timestamptz(default=None, null=True)

    keys = Keys(while_frozen="*", unique=(("issuer", "subject"),), indexes=(Index(("staff_id",)),))
