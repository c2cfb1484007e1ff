"""Who has what their post needs, as leaders keep it and everybody sees their own (S10-9)."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from litestar import Controller, Response, get

from guibin.audit.actions import searched
from guibin.console import choices as offered
from guibin.console.commands import Command, Commands
from guibin.console.forms import Choice
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.context import Act
from guibin.web.listing import PageAsked
from guibin_tenants.principals import may

from . import actions, queries, training
from .queries import RECORDS, STANDINGS, StandingFilter
from .requests import NewQualification

READ, KEEPS = may("records:read"), may("team:write")
PATH, NAME = f"{PREFIX}/qualifications", "qualifications"
ENTRIES = (
    Entry(
        title="qualifications.title",
        path=PATH,
        icon="checks",
        needs=READ,
        group="lead",
        order=58,
        has=lambda policy: bool(policy.qualifications),
    ),
)
_SHOWN = 200


async def record(staff_id: UUID, new: NewQualification, act: Act) -> None:
    """As `actions.record`."""
    await actions.record(new, act)


async def _known(shell: Shell) -> Sequence[Choice]:
    return [
        Choice(each.name, shell.named(f"staff_qualification.{each.name}")) for each in shell.act.policy.qualifications
    ]


async def _of(shell: Shell, staff_id: UUID) -> Mapping[str, str]:
    given = {"staff_id": str(staff_id), "obtained_on": shell.act.today.isoformat()}
    named = shell.request.query_params.get("qualification", "")
    return given | ({"qualification": named} if named else {})


PEOPLE = Commands(
    NAME,
    "staff_id",
    f"{PATH}/people",
    Command(
        name="record",
        action=record,
        needs=KEEPS,
        icon="plus",
        main=True,
        given=_of,
        choices={"qualification": _known, "staff_id": offered.colleagues},
    ),
)
ON_RECORD = Commands(
    NAME, "record_id", f"{PATH}/records", Command(name="withdraw", action=actions.withdraw, needs=KEEPS, danger=True)
)


async def _seen(record_id: UUID, act: Act) -> None:
    await RECORDS.one(record_id, **queries.looking(act))


class QualificationScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ)
    async def qualifications(self, shell: Shell) -> Response[str]:
        act, state = shell.act, shell.request.query_params.get("state", "")
        asked = StandingFilter(state=state if state in ("valid", "due", "lapsed", "missing") else None)  # type: ignore[arg-type]  # one of the states
        found = await STANDINGS.page(asked, PageAsked(_SHOWN), act, **queries.asking(act))
        return shell.page(
            "qualifications/qualifications.html",
            standings=(await searched("qualification", found, act, subject=actions.SUBJECT)).items,
            counts=await queries.counts(act),
            state=state,
            untrained=[
                (asked.name, window, (await training.untrained(asked, window, PageAsked(_SHOWN), act)).items)
                for asked, _ in training.asked(act.policy)
                for window in (training.last(asked, act), training.present(asked, act))
            ],
            keeps=KEEPS(act.by) and queries.leads(act.by),
            of_person=lambda staff_id: PEOPLE.address(staff_id, "record"),
            of_record=lambda record_id: ON_RECORD.address(record_id, "withdraw"),
        )

    ask_person, do_person = PEOPLE.handlers("/people/{staff_id:uuid}", needs=KEEPS)

    ask_record, do_record = ON_RECORD.handlers("/records/{record_id:uuid}", needs=KEEPS, sees=_seen)
