"""Inspection in one place: what is to be gone through and seen to, counted by part, today's first."""

from typing import Any

from litestar import Controller, Response, get

from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.inspections.queries import INSPECTIONS
from guibin.tiers.marks import marks
from guibin.web.listing import PageAsked
from guibin_tenants.principals import sees_all

from . import inspecting
from .inspecting import Part
from .looks import LEVELLED, end_of_day, lines
from .standing import LEADS

PATH = f"{PREFIX}/supervision"
ENTRIES = (
    Entry(title="work.inspecting.title", path=PATH, icon="zoom-check", needs=LEADS, group="lead", order=17, phone=True),
)
_ROWS = 25


class InspectingScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=LEADS)
    async def overview(self, shell: Shell, part: Part | None = None, cursor: str | None = None) -> Response[str]:
        found = await inspecting.rows(part, end_of_day(shell), PageAsked(_ROWS, cursor), shell.act)
        held = await marks([row.customer_id for row in found.items], shell.act)
        shown: dict[str, Any] = {
            "lines": await lines(found.items, held, shell),
            "levelled": LEVELLED,
            "whose": "unit",
            "next": found.next,
            "address": lambda cursor="": _address(part, cursor),
        }
        if shell.is_part and cursor:
            return shell.page("work/rows.html", **shown)
        known = await inspecting.inspecting(shell.act)
        return shell.page(
            "work/inspecting.html",
            **shown,
            part=part,
            parts=known.parts,
            logs=known.logs,
            part_address=_address,
            plans=await _plans(shell),
        )


def _address(part: str | None, cursor: str = "") -> str:
    asked = "&".join(f"{name}={value}" for name, value in (("part", part), ("cursor", cursor)) if value)
    return f"{PATH}?{asked}" if asked else PATH


async def _plans(shell: Shell) -> list[dict[str, object]]:
    """The inspections of the policy, each with its last sample, where the reader may see what is going to be inspected."""
    policy = shell.act.policy.inspections
    samples = (
        (await INSPECTIONS.page(None, PageAsked(100), shell.act)).items if sees_all(shell.act.by) and policy else []
    )
    last = {each.name: each for each in reversed(samples)}
    return [{"of": each, "sample": last.get(each.name)} for each in policy]
