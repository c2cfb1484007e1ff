"""Reading tasks, the newest first."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from guibin.cases.followed import FOLLOWED, Followed
from guibin.profiles.queries import called
from guibin.sla.queries import OVERDUE, DeadlineLine, timer_of
from guibin.web.listing import Listing, newest_first
from guibin_tenants.principals import may
from guibin_tenants.rows import lines

from .tables import State, Task

SUBJECT = "task"
MILESTONE = "task"


class AskedTask(Struct, frozen=True, kw_only=True):
    """A task: what is to be done by whom until when, what it is about, and what came of it."""

    id: UUID
    customer_id: UUID | None
    subject: str
    subject_id: UUID | None
    role: str
    owner_id: UUID
    owner_name: str
    text: str
    state: State
    asked_by: UUID
    asked_by_name: str
    asked_at: datetime
    warn_at: datetime | None
    due_at: datetime | None
    breached_at: datetime | None
    result: str
    ended_by: UUID | None
    ended_by_name: str
    ended_at: datetime | None
    version: int


class AskedTaskLine(AskedTask, frozen=True, kw_only=True):
    """A task with the customer's name."""

    customer_name: str | None


class AskedTaskForm(AskedTaskLine, frozen=True, kw_only=True):
    """A task with its deadline as it ran."""

    deadlines: list[DeadlineLine]


LISTED = Listing(
    view=AskedTask,
    source=f"task x left join {timer_of('x', MILESTONE)}",
    order=newest_first("x.asked_at"),
    columns={"warn_at": "t.warn_at", "due_at": "t.due_at", "breached_at": "t.breached_at"},
    filters={"overdue": OVERDUE},
)
LINES = LISTED.wider(AskedTaskLine, customer_name=called("x.customer_id"))
FORM = LINES.wider(
    AskedTaskForm,
    deadlines=lines(DeadlineLine, "from timer where subject_id = x.id order by due_at, milestone, occurrence"),
)

FOLLOWED.give(SUBJECT, Followed(may("records:read"), Task, matter="text"))
