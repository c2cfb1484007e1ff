"""Writing a new version of a tenant's policy."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, structs

from guibin.audit.actions import noted
from guibin.context import Act, Company
from guibin.notation.plausible import Plausible
from guibin.packs import Packs
from guibin.policy.packs import Overrides
from guibin.policy.validation import validate
from guibin.policy.words import Paragraph
from guibin_tenants.refusals import FieldError, Invalid
from guibin_tenants.rows import add, given
from guibin_tenants.scope import current_tenant, execute, fetch_value

from . import queries
from .bounds import refuse_too_many, too_large
from .queries import PolicyVersionView
from .tables import PolicyVersion


class NewPolicyVersion(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The company's own parts, whole, in force from `effective_from`: not in the past, for decisions stay explained."""

    overrides: Overrides
    effective_from: Annotated[datetime, Meta(tz=True)] | None = None
    note: Paragraph = ""


async def write(new: NewPolicyVersion, act: Act, *, packs: Packs) -> PolicyVersionView:
    """Add a version. Raises Invalid with each contradiction in it or when it is too large, TooManyVersions."""
    large = too_large(new.overrides)
    if large:
        raise Invalid("The policy is too large", fields=tuple(large))
    effective_from = new.effective_from or act.now
    if effective_from < act.now:
        raise Invalid.at("effective_from", "now or later", value=effective_from.isoformat())
    version = await _next_version(act.now)
    refuse_contradictions(new.overrides, act.company, packs)
    return await _add(version, structs.replace(new, effective_from=effective_from), act)


def refuse_contradictions(overrides: Overrides, company: Company, packs: Packs) -> None:
    """Raises Invalid with everything in which the company's policy would contradict itself with these parts."""
    problems = (
        *validate(queries.merged(packs, company, overrides, version=0)),
        *queries.unknown_parts(packs, company, overrides),
    )
    if problems:
        raise Invalid(
            "The policy contradicts itself",
            fields=tuple(FieldError(p.path, p.rule, p.fix, p.value) for p in problems),
        )


async def write_again(note: str, act: Act) -> PolicyVersionView:
    """Add a version with what the company has of its own already, for a change that comes from beside it.

    Raises TooManyVersions.
    """
    version = await _next_version(act.now)
    own = await queries.own_parts(act.now)
    return await _add(version, NewPolicyVersion(overrides=own, effective_from=act.now, note=note), act)


async def _next_version(now: datetime) -> int:
    # One writer at a time, so that versions count without a gap.
    await execute("select pg_advisory_xact_lock(hashtextextended('policy' || $1, 0))", str(current_tenant()))
    await refuse_too_many(now)
    return 1 + (await fetch_value("select max(version) from policy_version") or 0)


async def _add(version: int, new: NewPolicyVersion, act: Act) -> PolicyVersionView:
    await add(PolicyVersion, act, version=version, **given(new))
    await noted("policy.write", act, subject="policy", purpose=new.note)
    queries.forget(current_tenant())
    return PolicyVersionView(version, new.effective_from or act.now, new.note, act.by.name, act.now)
