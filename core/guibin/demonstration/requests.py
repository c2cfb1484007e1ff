"""What customers of a demonstration company ask for: a few of every service that is carried out in steps, some begun, some late."""

import contextlib
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from msgspec.structs import replace

from guibin.policy.fields import ArchiveField
from guibin.policy.forms import Form
from guibin.policy.service_items import APPOINTMENT, ServiceItem
from guibin.profiles.queries import OPEN, customer
from guibin.service_requests import actions
from guibin.service_requests.queries import LISTED
from guibin.service_requests.requests import NewAppointment, NewServiceRequest, NewStep
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import Refusal
from guibin_tenants.scope import fetch, savepoint

from .approvals import approve
from .days import Scene

# So many requests of each item, for so many items.
EACH, ITEMS_MAX = 3, 4
_SAID = ("请尽快安排，最好这两天", "上次说好的，麻烦再确认一下", "家里有老人，请提前打电话")
_RESULT = "已联系客户，约好时间"


async def ask_for_services(scene: Scene, people: Sequence[Principal]) -> None:
    """Inside the company's scope, when its customers are there; `people` are whoever takes requests in and decides on them."""
    items = [item for item in scene.act.policy.service_items if item.steps][:ITEMS_MAX]
    rows = await fetch(f"select c.id from {OPEN} order by c.number desc limit $1", EACH * len(items))
    for place, row in enumerate(rows):
        # What a company's rules refuse to this customer is left out.
        with contextlib.suppress(Refusal):
            async with savepoint():
                await _ask(scene, items[place % len(items)], row["id"], (people, place))


async def _ask(scene: Scene, item: ServiceItem, customer_id: UUID, taken: tuple[Sequence[Principal], int]) -> None:
    people, place = taken
    act = replace(scene.act, by=people[place % len(people)])
    form = act.policy.form(item.form) if item.form else None
    request = await actions.receive_at_hall(
        NewServiceRequest(
            customer_id=customer_id,
            item=item.name,
            channel=("phone", "hall")[place % 2],
            text=_SAID[place % len(_SAID)],
            situation=item.time_limits[0].name if item.time_limits else None,
            answers=await _answers(form, customer_id, scene) if form else {},
            received_at=scene.act.now - timedelta(hours=(2, 26, 75)[place // len(people) % 3]),
        ),
        act,
    )
    if request.approval_id is not None and place % 2:
        await approve(request.approval_id, scene.act)
        request = await LISTED.one(request.id)
    if request.state == "open" and place % 3:
        if request.next_step == APPOINTMENT:
            at = scene.at(scene.today + timedelta(days=1), 9 + place % 6)
            await actions.appoint(request.id, NewAppointment(at=at), act)
        elif request.next_step:
            await actions.take_step(request.id, NewStep(step=request.next_step, result=_RESULT), act)


async def _answers(form: Form, customer_id: UUID, scene: Scene) -> dict[str, str | int | bool | None]:
    """Something that the form takes: what the archive says where it asks for that, and periods that end."""
    known = await customer(customer_id)
    told = {field.name: _answer(field, scene) for field in form.fields}
    told |= {end: (scene.today + timedelta(days=37)).isoformat() for _, end in form.periods}
    archive = {"customer_kind": known.kind, **known.fields}
    return told | {name: value for name, value in archive.items() if name in told}


def _answer(field: ArchiveField, scene: Scene) -> str | int | bool | None:
    """Something that the form takes."""
    match field.type:
        case "boolean" | "acceptance":
            return True
        case "integer" | "money":
            return 2
        case "date":
            return (scene.today + timedelta(days=7)).isoformat()
        case "choice":
            return field.choices[0]
        case "phone":
            return "13800138000"
        case "text":
            return "按客户要求"
        case _:
            return None
