"""Automations as people read them, and the log of their runs."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from guibin.commands.actions import CarriedOut
from guibin.context import Act
from guibin.policy.automations import Automation, digest_of
from guibin.policy.texts import Text
from guibin.profiles.queries import called
from guibin.web.listing import Listing, newest_first
from guibin_tenants.refusals import FieldError
from guibin_tenants.scope import fetch

from . import states
from .actions import automation_of
from .checking import problems
from .requests import Outcome
from .wording import sentence


class AutomationView(Struct, frozen=True, kw_only=True):
    """An automation of the policy in force: what it does in one sentence, whether it is on and in whose name, or why no more."""

    name: str
    title: Text
    sentence: Text
    automation: Automation
    on: bool
    changed: bool
    by_name: str
    switched_at: datetime | None
    because: str
    runs_30_days: int
    done_30_days: int


class AutomationForm(AutomationView, frozen=True, kw_only=True):
    """With what of it the company does not have."""

    problems: list[FieldError]


class AutomationRunView(Struct, frozen=True, kw_only=True):
    """One look of an automation: at what, whether its condition held, and what became of each command."""

    id: UUID
    automation: str
    event: str
    customer_id: UUID | None
    customer_name: str | None
    subject: str
    subject_id: UUID | None
    outcome: Outcome
    because: str
    commands: list[CarriedOut]
    ran_at: datetime


RUNS = Listing(
    view=AutomationRunView,
    source="automation_run x",
    order=newest_first("x.ran_at"),
    columns={"customer_name": called("x.customer_id")},
)
_COUNTED = (
    "select automation, count(*)::int as runs, count(*) filter (where outcome = 'done')::int as done"
    " from automation_run where ran_at > $1::timestamptz - interval '30 days' group by automation"
)


async def automations(act: Act) -> list[AutomationView]:
    """All of the policy in force, in its order."""
    known, stopped = await states.states(), await states.stopped()
    counted = {row["automation"]: (row["runs"], row["done"]) for row in await fetch(_COUNTED, act.now)}
    found = []
    for each in act.policy.automations:
        state = known.get(each.name)
        same = state is not None and state.digest == digest_of(each)
        runs, done = counted.get(each.name, (0, 0))
        found.append(
            AutomationView(
                name=each.name,
                title=_title(each, act),
                sentence=Text(sentence(each, act.policy, "zh-CN"), sentence(each, act.policy, "en")),
                automation=each,
                on=state is not None and state.on and same and not stopped,
                changed=state is not None and state.on and not same,
                by_name=state.by_name if state else "",
                switched_at=state.at if state else None,
                because="operator" if stopped else state.because if state and not state.on else "",
                runs_30_days=runs,
                done_30_days=done,
            )
        )
    return found


async def automation(name: str, act: Act) -> AutomationForm:
    """One, with what of it the company does not have. Raises NotFound."""
    wanted = automation_of(name, act)
    view = next(each for each in await automations(act) if each.name == name)
    fields = {field: getattr(view, field) for field in view.__struct_fields__}
    return AutomationForm(**fields, problems=await problems(wanted, act))


def _title(each: Automation, act: Act) -> Text:
    key = f"automation.{each.name}"
    return Text(act.policy.title(key, "zh-CN"), act.policy.title(key, "en"))
