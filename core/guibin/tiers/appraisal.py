"""One customer assessed on the spot, by the standard of the whole company and with the same explanation (S12-1, S11-5).

Whoever rises does so at once; whoever would fall stays until the next assessment of everybody, and a list that was approved
is changed by adjustments alone.
"""

from datetime import timedelta
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from guibin.audit.actions import done
from guibin.cases import Case
from guibin.context import Act
from guibin.hookspecs import Proposal
from guibin.notices.actions import Notice, notify
from guibin.policy.tiers import TierScheme
from guibin.policy.words import CodeIfAny
from guibin.profiles.queries import Standing, standing
from guibin_tenants.refusals import Invalid
from guibin_tenants.rows import add, given
from guibin_tenants.scope import execute, fetch_one

from . import memberships
from .assessment import assessable, is_assessable
from .explaining import Explanation, explanation_of
from .judging import COMPARED, HELD_NOW, Filled
from .memberships import NewMembership
from .moves import Move
from .queries import bases_of
from .tables import Appraisal

_OUTCOME = COMPARED.rstrip() + "\nselect * from outcome"
# What a judgement on the spot brings about; of what an assessment would take away, it says that it waits.
_RISES = ("start", "upgrade")
_WAITS = ("downgrade", "end", "grace")


class NewAppraisal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Under which scheme."""

    scheme: CodeIfAny


async def appraise(customer_id: UUID, new: NewAppraisal, act: Act) -> Explanation:
    """Assess one customer with what is known now, today included.

    Raises NotFound, and Invalid for a scheme that is given by application only or takes no customer of this kind.
    """
    customer = await standing(customer_id)
    scheme = assessable(act.policy, new.scheme)
    if customer.kind not in scheme.customer_kinds:
        rule = "a scheme for customers of this kind"
        raise Invalid.at("scheme", rule, f"it takes {', '.join(scheme.customer_kinds)}", scheme.name)
    await memberships.lock(customer_id, scheme.name)
    judged = await _judged(customer, scheme, act)
    await _write(customer, scheme, judged, act)
    basis = next(basis for basis in await bases_of(customer_id) if basis.scheme.name == scheme.name)
    return await explanation_of(customer_id, basis, act)


class Judged(Struct, frozen=True):
    """What is so this moment: the tier the figures earn, the one held, and what comes of it."""

    tier: str | None
    held: str | None
    move: Move
    measures: dict[str, int | None]
    objection: str | None = None

    @property
    def rises(self) -> bool:
        """Whether an appraisal now would give a tier, or a higher one."""
        return self.move in _RISES

    @property
    def becomes(self) -> str | None:
        """The tier after it."""
        return self.tier if self.move in _RISES else self.held


async def foreseen(customer: Standing, scheme_name: str, act: Act) -> Judged | None:
    """What `appraise` would find, without writing or telling anything; None where the scheme is none for this customer."""
    scheme = act.policy.scheme(scheme_name)
    if scheme is None or not is_assessable(scheme) or customer.kind not in scheme.customer_kinds:
        return None
    return await _judged(customer, scheme, act)


async def _judged(customer: Standing, scheme: TierScheme, act: Act) -> Judged:
    filled = Filled(scheme, act.today + timedelta(days=1), act.now, only=customer.id)
    row = await fetch_one(_OUTCOME.format(**filled.places(holding=HELD_NOW)), *filled.values)
    if row is None:
        return Judged(None, None, "none", {metric.name: None for metric in scheme.metrics})
    judged = Judged(row["tier"], row["held"], _now(row, scheme), msgspec.json.decode(row["measures"]))
    if judged.move not in _RISES:
        return judged
    objection = "; ".join(await act.hooks.objections(_proposal(customer, scheme, judged)))
    return msgspec.structs.replace(judged, move="objected", objection=objection) if objection else judged


def _now(row: asyncpg.Record, scheme: TierScheme) -> Move:
    move: Move = row["move"]
    frozen = scheme.list_approval and move in _RISES
    return "later" if frozen or move in _WAITS else move


def _proposal(customer: Standing, scheme: TierScheme, judged: Judged) -> Proposal:
    details: dict[str, str | int | bool | None] = {
        "kind": judged.move,
        "scheme": scheme.name,
        "tier": judged.tier,
        "held": judged.held,
        "customer_kind": customer.kind,
        **{f"measure.{name}": value for name, value in judged.measures.items()},
    }
    return Proposal("assessment", customer.id, details)


async def _write(customer: Standing, scheme: TierScheme, judged: Judged, act: Act) -> None:
    earned = scheme.tier(judged.tier or "")
    appraisal_id = await add(
        Appraisal,
        act,
        customer_id=customer.id,
        scheme=scheme.name,
        as_of=act.today + timedelta(days=1),
        policy_version=act.policy.version,
        policy=scheme,
        becomes=judged.becomes,
        clause=(earned.clause if earned else "") or scheme.clause,
        **given(judged),
    )
    await done("appraise", Case("membership", appraisal_id, customer.id), act, fields=("tier", "measures"))
    if judged.move == "keep":
        await execute(
            "update grace_period set lifted_on = $3, lifted_because = 'requalified' where lifted_on is null and membership_id"
            " in (select id from membership where customer_id = $1 and scheme = $2 and ends_on is null)",
            customer.id,
            scheme.name,
            act.today,
        )
    if judged.move in _RISES and judged.tier:
        new = NewMembership(
            customer_id=customer.id,
            scheme=scheme.name,
            tier=judged.tier,
            starts_on=act.today,
            basis="assessment",
            basis_id=appraisal_id,
            reason=judged.move,
        )
        await memberships.start(new, now=act.now)
    await _tell(customer, scheme, judged, act)


async def _tell(customer: Standing, scheme: TierScheme, judged: Judged, act: Act) -> None:
    """Whoever must know hears once that the customer rose, or would if it agreed."""
    about = Case("membership", customer.id, customer.id)
    which = f"{customer.id}/{scheme.name}/{judged.tier}/{act.today}"
    said = {"tier": judged.tier or "", "scheme": scheme.name}
    if judged.move in _RISES:
        now = Notice("qualifies_now", about, roles=scheme.told, details=said)
        await notify(now, key=f"qualifies_now/{which}", now=act.now)
    elif judged.move in ("no_consent", "unregistered"):
        asking = Notice("qualifies_unasked", about, roles=scheme.told, details=said)
        await notify(asking, key=f"qualifies_unasked/{which}", now=act.now)
