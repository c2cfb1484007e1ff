"""What a demonstration company watches: a sample gone through, partner merchants, materials given, and duties that were kept."""

from collections.abc import Sequence
from datetime import timedelta

from msgspec.structs import replace

from guibin.duties.calls import settle
from guibin.inspections.actions import find, pass_item
from guibin.inspections.drawing import draw_due
from guibin.inspections.requests import NewFault, NewPass
from guibin.materials import actions as materials
from guibin.materials.requests import GivenTo
from guibin.policy.inspections import InspectionPolicy
from guibin.profiles.queries import OPEN
from guibin.tiers import merchants
from guibin.tiers.merchants import NewMerchant
from guibin_tenants.principals import Principal
from guibin_tenants.scope import fetch, fetch_column

from .days import Scene
from .plans import people_of

_MERCHANTS = (("SH-001", "云上茶舍"), ("SH-002", "锦里书店"), ("SH-003", "城南花坊"))
_GIVEN_EVERY, _CALLS_KEPT = 9, 2


async def watch_over(scene: Scene, people: Sequence[Principal]) -> None:
    """Inside the company's scope, last of all: what was there before is what is looked at."""
    await draw_due(scene.act)
    for policy in scene.act.policy.inspections:
        await _gone_through(policy, scene)
    if any(metric.partners for scheme in scene.act.policy.schemes for metric in scheme.metrics):
        for code, name in _MERCHANTS:
            new = NewMerchant(code=code, name=name, since_on=scene.today - timedelta(days=200))
            await merchants.register(new, scene.act)
    await _given(scene, people)
    await _calls_answered(scene)


async def _gone_through(policy: InspectionPolicy, scene: Scene) -> None:
    """The first of a sample is in order, with the second something is wrong; the others wait."""
    inspectors = await people_of(policy.by)
    rows = await fetch(
        "select i.id, i.responsible_id from inspection_item i join inspection n on n.tenant_id = i.tenant_id"
        " and n.id = i.inspection_id where n.name = $1 and i.responsible_id is not null order by i.id limit 2",
        policy.name,
    )
    by = [one for one in inspectors if one.id not in {row["responsible_id"] for row in rows}]
    if len(rows) < 2 or not by:
        return
    act = replace(scene.act, by=by[0])
    await pass_item(rows[0]["id"], NewPass(note="资料齐全"), act)
    fault = NewFault(criterion=policy.criteria[0], text="资料不全，请补齐后回复")
    await find(rows[1]["id"], fault, act)


async def _given(scene: Scene, people: Sequence[Principal]) -> None:
    """Brochures and articles, by those who serve."""
    kinds = scene.act.policy.materials
    customers = await fetch_column(f"select c.id from {OPEN} order by c.number")
    if not kinds or not people:
        return
    for place, customer_id in enumerate(customers[::_GIVEN_EVERY]):
        day = scene.today - timedelta(days=place % 20)
        new = GivenTo(customer_id=customer_id, material=kinds[place % len(kinds)].name, given_on=day)
        await materials.give(new, replace(scene.act, by=people[place % len(people)]))


async def _calls_answered(scene: Scene) -> None:
    """Whoever was on duty took what came in of the week before; the latest wait. Filled by night, all of it came out of hours."""
    waiting = await fetch_column(
        "select subject_id from duty_call where state = 'waiting' order by came_at desc, id offset $1", _CALLS_KEPT
    )
    for subject_id in waiting:
        await settle(subject_id, scene.act)
