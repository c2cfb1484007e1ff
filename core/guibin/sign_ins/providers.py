"""The company's own OpenID provider or enterprise chat, as its admin writes it down, and what its claims bring."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from guibin.administration import actions
from guibin.administration.requests import Roles
from guibin.administration.rules import RULES_MAX
from guibin.audit.actions import noted
from guibin.context import Act
from guibin.outbound.targets import rules as targets
from guibin.policy.words import Line, Word, up_to
from guibin_tenants import keyring
from guibin_tenants.keyring import Place as Sealed
from guibin_tenants.refusals import FieldError, Forbidden, NotFound, refuse
from guibin_tenants.rows import add
from guibin_tenants.scope import execute, fetch_one, step_outside
from guibin_tenants.tables import new_id

from . import oidc, steps
from .oidc import Discovered, Provider
from .tables import IdentityProvider
from .vendors import CLAIMS, VENDORS, Kind


class ClaimRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whoever's claim `claim` is, or lists, this `value` gets these roles and posts, and belongs to the org unit, if one is said."""

    claim: Word
    value: Line
    roles: Roles
    org_unit_id: UUID | None = None


class ProviderSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The company's OpenID provider, or its enterprise chat (`kind`). `login_claim` is what an account made for somebody is called
    by; with `takes_over` an account of that login that is there already becomes theirs. The first rule that says an org unit
    decides it. A provider has an `issuer`; a chat knows the company under a `corp_id` (Feishu has none), its app as `client_id`,
    and says `preferred_username` and `departments` alone for rules."""

    kind: Kind = "openid"
    issuer: Annotated[str, up_to(400)] = ""
    corp_id: Annotated[str, up_to(100)] = ""
    client_id: Annotated[str, up_to(200, 1)]
    rules: Annotated[tuple[ClaimRule, ...], Meta(min_length=1, max_length=RULES_MAX)]
    login_claim: Word = "preferred_username"
    takes_over: bool = False


class NewProvider(ProviderSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As it is from now on; the secret is never shown again, and stays as it is when it is left out."""

    client_secret: Annotated[str, up_to(400, 1)] | UnsetType = UNSET


class NoProvider(NotFound):
    """The company has no provider of its own."""


class ProviderGivesNothing(Forbidden):
    """The company's provider knows you, and its rules give you nothing here. Ask the company's admin for a role."""


async def provider() -> ProviderSettings:
    """The company's. Raises NoProvider."""
    row = await fetch_one("select settings from identity_provider")
    if row is None:
        raise NoProvider()
    return msgspec.json.decode(row["settings"], type=ProviderSettings)


async def held() -> ProviderSettings:
    """As `provider`, nobody else changing it meanwhile."""
    await execute("select id from identity_provider for update")
    return await provider()


async def set_provider(new: NewProvider, act: Act) -> ProviderSettings:
    """Another one, or the same with other rules; whoever is on their way there comes back to nothing.

    Raises Invalid for an address that nobody may be sent to, without what its kind needs or a secret, and for rules on what people
    may write themselves there; Forbidden for roles beyond the admin's own.
    """
    wrong = _problem(new)
    new = _named(new)
    row = await fetch_one("select id, sealed, issuer, client_id from identity_provider for update")
    same = row is not None and (row["issuer"], row["client_id"]) == (new.issuer, new.client_id)
    if new.client_secret is UNSET and not same:
        wrong = wrong or FieldError("client_secret", "required")
    refuse([wrong] if wrong else [])
    for rule in new.rules:
        await actions.refuse_beyond(rule.roles, rule.org_unit_id, act)
    secret = new.client_secret
    if secret is UNSET:
        assert row is not None
        secret = keyring.unseal(await keyring.tenant_key(), _sealed(row["id"]), bytes(row["sealed"]))
    row_id = new_id()
    await execute("delete from provider_attempt")
    await execute("delete from identity_provider")
    settings = _without(new)
    await add(
        IdentityProvider,
        act,
        id=row_id,
        issuer=new.issuer,
        client_id=new.client_id,
        sealed=keyring.seal(await keyring.tenant_key(), _sealed(row_id), secret),
        settings=settings,
    )
    await noted("identity_provider.write", act, subject="identity_provider", subject_id=row_id, shown=0)
    return settings


async def discover(act: Act) -> Discovered:
    """What the company's provider answers just now. Raises NoProvider, ProviderFails."""
    asked = await asked_with()
    await noted("identity_provider.discover", act, subject="identity_provider", shown=0)
    async with step_outside():
        if asked.kind != "openid":
            return await steps.discovered(asked)
        return await oidc.discovered(asked.issuer)


async def asked_with() -> Provider:
    """The company's, with the secret. Raises NoProvider."""
    row = await fetch_one("select id, issuer, client_id, sealed, settings from identity_provider")
    if row is None:
        raise NoProvider()
    return await opened(row, row["id"], bytes(row["sealed"]))


async def opened(row: Any, row_id: UUID, sealed: bytes) -> Provider:
    """Of a row with issuer, client_id and settings."""
    settings = msgspec.json.decode(row["settings"], type=ProviderSettings)
    secret = keyring.unseal(await keyring.tenant_key(), _sealed(row_id), sealed)
    return Provider(row_id, row["issuer"], row["client_id"], secret, settings.kind, settings.corp_id)


async def remove_provider(act: Act) -> None:
    """Nobody signs in by it any more; sessions stay. Raises NoProvider."""
    await execute("delete from provider_attempt")
    if not await execute("delete from identity_provider"):
        raise NoProvider()
    await noted("identity_provider.remove", act, subject="identity_provider", shown=0)


def _problem(new: NewProvider) -> FieldError | None:
    if new.kind == "openid":
        return targets().problem(new.issuer, field="issuer")
    if not new.corp_id and VENDORS[new.kind].has_corp_id:
        return FieldError("corp_id", "required")
    if any(rule.claim not in CLAIMS for rule in new.rules):
        return FieldError("claim", "departments or preferred_username", "people may write the others themselves there")
    if new.login_claim != "preferred_username":
        return FieldError("login_claim", "preferred_username", "people may write the others themselves there")
    return None


def _named(new: NewProvider) -> NewProvider:
    """A chat's own name in place of an issuer."""
    if new.kind == "openid":
        return replace(new, corp_id="")
    corp_id = new.corp_id if VENDORS[new.kind].has_corp_id else ""
    return replace(new, corp_id=corp_id, issuer=f"{new.kind}:{corp_id or new.client_id}")


def _without(new: NewProvider) -> ProviderSettings:
    return ProviderSettings(**{name: getattr(new, name) for name in ProviderSettings.__struct_fields__})


def _sealed(row_id: UUID) -> Sealed:
    return Sealed("identity_provider", "sealed", row_id)
