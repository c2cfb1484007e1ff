"""Automations that many companies want, to begin with: each a part of the draft once it is chosen."""

from msgspec import Struct

from guibin.context import Act
from guibin.policy.automations import AddsUp, Automation, ComesUp, Happens, HoldsTier, SaysUnder
from guibin.policy.commands import Notify, OpenTask
from guibin.policy.packs import Overrides
from guibin.policy.texts import Text
from guibin.policy_changes import drafts
from guibin.policy_changes.requests import DraftChange
from guibin_tenants.refusals import NotFound

_KEY = "automation."


class Common(Struct, frozen=True):
    """One to begin with, and what it is called."""

    automation: Automation
    title: Text


COMMON: tuple[Common, ...] = (
    Common(
        Automation(
            "third_complaint",
            AddsUp("complaint_received", times=3, days=30),
            (OpenTask(text="致电客户，了解情况并致歉", role="manager", within_hours=24),),
            HoldsTier(),
        ),
        Text("贵宾 30 天内三次投诉，经理致电", "VIP, three complaints in 30 days: the manager calls"),
    ),
    Common(
        Automation(
            "low_score",
            Happens("survey_answered"),
            (OpenTask(text="回访客户，了解不满意的原因", role="account_manager", within_hours=48),),
            SaysUnder("score", 60),
        ),
        Text("满意度低于 60 分，客户经理回访", "A score under 60: the account manager calls"),
    ),
    Common(
        Automation(
            "order_ends_soon",
            ComesUp("order_ends", days=14),
            (OpenTask(text="联系客户续约", role="account_manager", within_hours=72),),
            HoldsTier(),
        ),
        Text("贵宾订单到期前 14 天，客户经理联系", "A VIP's order ends in 14 days: the account manager calls"),
    ),
    Common(
        Automation(
            "new_vip",
            Happens("membership_started"),
            (Notify(roles=("account_manager",), text="客户获得新等级，请道贺并介绍权益"),),
        ),
        Text("客户获得等级，告知客户经理", "A customer gets a tier: the account manager hears"),
    ),
)


async def begin(name: str, act: Act) -> None:
    """Take it into one's draft of the policy, where it is changed and put in force. Raises NotFound, and as `drafts.gather`."""
    found = next((each for each in COMMON if each.automation.name == name), None)
    if found is None:
        raise NotFound(f"There is no automation {name} to begin with")
    overrides = Overrides(automations=(found.automation,), texts={f"{_KEY}{name}": found.title})
    await drafts.gather(DraftChange(overrides=overrides), act)
