"""Employees and partners who are VIPs in every company (S10-1): one of each is, one waits for the decision."""

from guibin.policy.tiers import TierScheme
from guibin.profiles import actions as profiles
from guibin.profiles.consents import consent
from guibin.profiles.requests import NewConsent, NewCustomer
from guibin.tiers import applications
from guibin.tiers.applications import NewApplication
from guibin.tiers.endorsing import NewEndorsement, endorse

from .approvals import approve
from .days import Scene

# By the general regulation's kinds: whom the company has, and why they are put up.
_PEOPLE = {
    "employee": (("罗敏", "服务标兵,连续三年零投诉"), ("贺军", "主持系统升级,骨干")),
    "partner": (("蒋南", "长期供货,联合活动伙伴"), ("尹航", "渠道合作,年度优秀伙伴")),
}

_ANSWERED: dict[str, bool | int] = {"acceptance": True, "money": 12_000_000, "integer": 24}


async def name_vips(scene: Scene) -> None:
    """Put them up, and have the first of each approved."""
    for scheme in scene.act.policy.schemes:
        people = _PEOPLE.get(scheme.customer_kinds[0], ()) if len(scheme.customer_kinds) == 1 else ()
        if people and all(tier.criterion is None for tier in scheme.tiers):
            await _put_up(scheme, people, scene)


async def register(scene: Scene) -> None:
    """A customer of each scheme with a form asks for its lowest tier and claims more than is on record (S13-6)."""
    for number, scheme in enumerate(scene.act.policy.schemes, 1):
        form = scene.act.policy.form(scheme.form)
        if form is None or not any(field.claims for field in form.fields):
            continue
        new = NewCustomer(number=f"REG{number:04d}", name="陆远", kind=scheme.customer_kinds[0])
        customer = await profiles.open_archive(new, scene.act)
        if scheme.recognised_by:
            await endorse(customer.id, NewEndorsement(scheme=scheme.name, reason="长期合作意向明确"), scene.act)
        if scheme.voluntary:
            await consent(customer.id, NewConsent(purpose=scheme.name, answer="granted"), scene.act)
        asked = NewApplication(
            customer_id=customer.id,
            scheme=scheme.name,
            tier=scheme.tiers[-1].name,
            reason="主动申请，承诺长期合作",
            form=form.name,
            answers={field.name: _ANSWERED[field.type] for field in form.fields if field.type in _ANSWERED},
        )
        await applications.apply_for(asked, scene.act)


async def _put_up(scheme: TierScheme, people: tuple[tuple[str, str], ...], scene: Scene) -> None:
    kind = scheme.customer_kinds[0]
    for number, (name, reason) in enumerate(people, 1):
        new = NewCustomer(number=f"{kind[:2].upper()}{number:04d}", name=name, kind=kind)
        customer = await profiles.open_archive(new, scene.act)
        asked = NewApplication(
            customer_id=customer.id, scheme=scheme.name, tier=scheme.tiers[0].name, reason=reason, kind="tier"
        )
        application = await applications.apply_for(asked, scene.act)
        if number == 1 and application.approval_id is not None:
            await approve(application.approval_id, scene.act)
