"""Inspections on pages: what is drawn to be gone through, the faults and their corrections, and how each org unit stands."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get
from msgspec import Struct

from guibin.audit.actions import searched
from guibin.cases.requests import NewWord
from guibin.console.choices import colleagues, words_of
from guibin.console.commands import Command, Commands
from guibin.console.forms import Choice
from guibin.console.moments import Deadline
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.context import Act
from guibin.policy.words import Explanation
from guibin.tiers.marks import marks
from guibin.web.listing import PageAsked
from guibin_tenants.keys import ids_of
from guibin_tenants.principals import sees_all

from . import actions, queries
from .actions import ITEM, SUBJECT
from .api import INSPECT, READ, WRITE
from .queries import FINDING_LINES, INSPECTIONS, ITEM_LINES, FaultFilter, InspectedFilter, seeing
from .requests import DrawnIn, NewVerification

NAME, PATH = "inspections", f"{PREFIX}/inspections"
ENTRIES = (
    Entry(
        title=f"{NAME}.title",
        path=PATH,
        icon="clipboard-check",
        needs=READ,
        group="lead",
        order=60,
        has=lambda policy: bool(policy.inspections),
    ),
)
_SHOWN = 50


class SentBack(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is missing of the correction."""

    text: Explanation


async def accept(finding_id: UUID, new: NewWord, act: Act) -> None:
    """As `actions.verify`."""
    await actions.verify(finding_id, NewVerification(accepted=True, text=new.text), act)


async def send_back(finding_id: UUID, new: SentBack, act: Act) -> None:
    """As `actions.verify`."""
    await actions.verify(finding_id, NewVerification(accepted=False, text=new.text), act)


async def _criteria(shell: Shell) -> list[Choice]:
    item = await queries.item(UUID(str(shell.request.path_params["item_id"])), shell.act)
    policy = next((one for one in shell.act.policy.inspections if one.name == item.inspection), None)
    return [Choice(name, shell.named(f"inspection_criterion.{name}")) for name in (policy.criteria if policy else ())]


async def _minor(_: Shell, __: UUID) -> dict[str, str]:
    return {"severity": "minor"}


ITEMS = Commands(
    NAME,
    "item_id",
    f"{PATH}/items",
    Command(name="pass_item", action=actions.pass_item, icon="check"),
    Command(
        name="find",
        action=actions.find,
        icon="alert-triangle",
        given=_minor,
        choices={
            "criterion": _criteria,
            "severity": words_of(f"{NAME}.severity", ("minor", "serious")),
            "owner_id": colleagues,
        },
    ),
    needs=INSPECT,
)
FINDINGS = Commands(
    NAME,
    "finding_id",
    f"{PATH}/findings",
    Command(name="correct", action=actions.correct, needs=WRITE, icon="check"),
    Command(name="accept", action=accept, icon="checks"),
    Command(name="send_back", action=send_back, icon="arrow-back-up"),
    needs=INSPECT,
)


async def _seen_item(item_id: UUID, act: Act) -> None:
    await queries.item(item_id, act)


async def _seen_finding(finding_id: UUID, act: Act) -> None:
    await queries.FINDINGS.one(finding_id)


class InspectionScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ)
    async def overview(self, shell: Shell) -> Response[str]:
        return await _page(shell, None)

    @get("/{row_id:uuid}", needs=READ)
    async def one(self, row_id: UUID, shell: Shell) -> Response[str]:
        return await _page(shell, row_id)

    ask_item, do_item = ITEMS.handlers("/items/{item_id:uuid}", needs=INSPECT, sees=_seen_item)

    ask_finding, do_finding = FINDINGS.handlers("/findings/{finding_id:uuid}", needs=WRITE, sees=_seen_finding)


async def _page(shell: Shell, row_id: UUID | None) -> Response[str]:
    """All of it; `row_id` is the sample or the fault that a notice led to, which stands first."""
    act = shell.act
    waiting = await ITEM_LINES.page(InspectedFilter(waiting=True), PageAsked(_SHOWN), act, **seeing(act))
    mine = [one for one in waiting.items if one.inspector in act.by.roles]
    found = await FINDING_LINES.page(FaultFilter(), PageAsked(_SHOWN), act)
    await searched(ITEM, waiting, act)
    await searched(SUBJECT, found, act)
    faults = sorted(found.items, key=lambda one: (one.id != row_id, one.state == "verified"))
    drawn = (await INSPECTIONS.page(None, PageAsked(_SHOWN), act)).items if sees_all(act.by) else []
    own = await ids_of(act.by)
    return shell.page(
        "inspections/inspections.html",
        waiting=mine,
        faults=faults,
        drawn=sorted(drawn, key=lambda one: one.id != row_id),
        counts=await queries.counts(DrawnIn(), act),
        marks=await marks([*(one.customer_id for one in mine), *(one.customer_id for one in faults)], act),
        due_of=lambda one: _due(one, shell),
        may_correct=lambda one: one.owner_id in own or (INSPECT(act.by) and act.by.covers(one.org_unit_id)),
        may_verify=lambda one: one.inspector in act.by.roles and one.owner_id not in own,
        item_address=ITEMS.address,
        finding_address=FINDINGS.address,
        can_write=WRITE(act.by),
    )


def _due(one: Any, shell: Shell) -> Any:
    if getattr(one, "state", "open") != "open" or one.due_at is None:
        return None
    return shell.clock.due(Deadline(due_at=one.due_at, warn_at=getattr(one, "warn_at", None)))
