"""The company's recognition: with it a customer may fill in the registration form of a scheme (S13-6)."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.policy.tiers import TierScheme
from guibin.policy.words import CodeIfAny, Reason
from guibin.profiles.queries import standing
from guibin_tenants.refusals import Conflict, Forbidden, Invalid
from guibin_tenants.rows import add, given, many
from guibin_tenants.scope import fetch_value

from .tables import Endorsement


class NotRecognised(Conflict):
    """The company has not recognised this customer. Recognition comes first, then the registration form (S13-6)."""


class NotARecogniser(Forbidden):
    """Customers are recognised for this scheme by others. The policy names their roles."""


class NewEndorsement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the company says of the customer for a scheme, and why; without `recognised` it declines, and takes an earlier yes back."""

    scheme: CodeIfAny
    recognised: bool = True
    reason: Reason


class EndorsementView(Struct, frozen=True, kw_only=True):
    """What was said for which scheme, by whom."""

    id: UUID
    scheme: str
    recognised: bool
    reason: str
    endorsed_by_name: str
    endorsed_at: datetime


async def endorsements(customer_id: UUID, act: Act) -> list[EndorsementView]:
    """Everything the company said of the customer, latest first. Raises NotFound."""
    await standing(customer_id)
    await noted("endorsement.read", act, customer_id=customer_id)
    return await many(
        EndorsementView, "from endorsement where customer_id = $1 order by endorsed_at desc, id desc", customer_id
    )


async def endorse(customer_id: UUID, new: NewEndorsement, act: Act) -> EndorsementView:
    """Recognise the customer for a scheme, or decline to; the latest answer holds.

    Raises NotFound, NotARecogniser, and Invalid for a scheme that asks for no recognition or takes no such customer.
    """
    customer = await standing(customer_id)
    scheme = act.policy.scheme(new.scheme)
    if scheme is None or not scheme.recognised_by or customer.kind not in scheme.customer_kinds:
        able = [s.name for s in act.policy.schemes if s.recognised_by and customer.kind in s.customer_kinds]
        rule = "a scheme that asks for the company's recognition and takes customers of this kind"
        raise Invalid.at("scheme", rule, f"one of: {', '.join(able)}" if able else "the policy has none", new.scheme)
    if act.by.is_person and not set(scheme.recognised_by) & set(act.by.roles):
        raise NotARecogniser(f"For {scheme.name} it is: {', '.join(scheme.recognised_by)}")
    made = await add(Endorsement, act, customer_id=customer_id, **given(new))
    await noted("endorsement.record", act, customer_id=customer_id, fields=("scheme", "recognised"))
    return EndorsementView(
        id=made,
        scheme=new.scheme,
        recognised=new.recognised,
        reason=new.reason,
        endorsed_by_name=act.by.name,
        endorsed_at=act.now,
    )


async def recognised(customer_id: UUID, scheme: TierScheme) -> bool:
    """Whether the company's latest answer is yes, or the scheme asks for none."""
    if not scheme.recognised_by:
        return True
    latest = await fetch_value(
        "select recognised from endorsement where customer_id = $1 and scheme = $2 order by endorsed_at desc, id desc limit 1",
        customer_id,
        scheme.name,
    )
    return bool(latest)


async def refuse_unrecognised(customer_id: UUID, scheme: TierScheme) -> None:
    """Raises NotRecognised."""
    if not await recognised(customer_id, scheme):
        roles = ", ".join(scheme.recognised_by)
        raise NotRecognised(f"{scheme.name} is applied for after one of these has recognised the customer: {roles}")
