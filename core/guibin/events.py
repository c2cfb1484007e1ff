"""What happened, as structs; whoever reacts does so in a job of its own, after the commit.

An event leaves with its transaction: it becomes one ledger job for every reaction, in the same transaction. What rooms
above must do before that commits, or may refuse, hears a `Happening` (`at_once`).
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin_tenants.scope import current_tenant, fetch_value

from .context import Act
from .jobs.actions import NewJob, write
from .jobs.kinds import Handler, Run, add, handler_of, tag_of
from .policy.texts import Text


class Event(Struct, frozen=True, tag=tag_of, tag_field="event", forbid_unknown_fields=True):
    """Something that happened, told in ids and figures, never in personal data."""


class Happening(Struct, frozen=True):
    """What rooms above hear of in its own transaction, and nobody later: no job, no webhook, nothing stored."""


class ArchiveEnds(Happening, frozen=True):
    """A customer's archive is about to be closed or erased, everything is still there; `reason` says which, as outcomes do."""

    customer_id: UUID
    reason: ClassVar[str]


class ErasureBegins(ArchiveEnds, frozen=True):
    """A customer's archive is about to be erased: nobody knows the customer any more."""

    reason: ClassVar[str] = "archive_erased"


class ArchiveCloses(ArchiveEnds, frozen=True):
    """A customer's archive is about to be closed: nothing is prepared for the customer any more."""

    reason: ClassVar[str] = "archive_closed"


class ArchiveReopens(Happening, frozen=True):
    """A customer's archive is open again; `closed_at` is when it was closed, and `restores` whether what ended then holds again."""

    customer_id: UUID
    closed_at: datetime
    restores: bool


class ArchivesMerge(Happening, frozen=True):
    """What stands in the archive `merged_id` is about to go to `customer_id`, the same customer's; `choices` as they were made."""

    customer_id: UUID
    merged_id: UUID
    choices: dict[str, str]


class ArchivesPart(Happening, frozen=True):
    """What came from the archive `merged_id` went back there; `merged_at` is when it had come."""

    customer_id: UUID
    merged_id: UUID
    merged_at: datetime


class ArchivesWritten(Happening, frozen=True):
    """Customers were `opened` or `imported`; of these, who `moved` to which other org unit."""

    customer_ids: tuple[UUID, ...]
    because: str
    moved: dict[UUID, list[UUID]] = {}


class Assigned(Happening, frozen=True):
    """A customer goes to an account manager; None when it only goes to another org unit."""

    customer_id: UUID
    account_manager_id: UUID | None


class MessageTried(Happening, frozen=True):
    """What a customer was told, through what, and whether the provider took it."""

    message_id: UUID
    customer_id: UUID
    channel: str
    content: str
    number: str
    reached: bool


class CustomerAnswered(Happening, frozen=True):
    """Somebody wrote the customer a reply on a case."""

    subject: str
    subject_id: UUID
    text: str


class ConsentRecorded(Happening, frozen=True):
    """A customer said yes or no to a purpose."""

    customer_id: UUID
    purpose: str
    answer: str


class OrdersOpened(Happening, frozen=True):
    """These customers have new orders: one, or a whole import's."""

    customer_ids: tuple[UUID, ...]


class UnitDissolved(Happening, frozen=True):
    """What was waiting for an org unit waits for its successor."""

    unit_id: UUID
    successor_id: UUID


class StaffLeft(Happening, frozen=True):
    """Somebody leaves whose open work is handed over already: their places end, which need no successor."""

    staff_id: UUID


class ApprovalDecided(Event, frozen=True):
    """A request for approval ended; `approved` False also when it was withdrawn."""

    approval_id: UUID
    subject: str
    subject_id: UUID
    approved: bool


class MembershipStarted(Event, frozen=True):
    """A customer belongs to a tier from `on`."""

    membership_id: UUID
    customer_id: UUID
    scheme: str
    tier: str
    on: date


class MembershipEnded(Event, frozen=True):
    """`on` is the first day without the membership."""

    membership_id: UUID
    customer_id: UUID
    scheme: str
    tier: str
    on: date


class ArchiveEnded(Event, frozen=True):
    """A customer's archive was closed, `closed_because` of what by the policy's list; nothing is prepared any more (S07-35)."""

    customer_id: UUID
    closed_because: str


class ArchiveResumed(Event, frozen=True):
    """A customer who had left is back: the archive is open again."""

    customer_id: UUID


class ArchivesMerged(Event, frozen=True):
    """Two archives of one customer became one, or are two again."""

    customer_id: UUID
    merged_id: UUID
    undone: bool


class PostEnded(Event, frozen=True):
    """A customer's part in another's, such as an executive's, is over; `on` is the first day without it."""

    customer_id: UUID
    of_customer_id: UUID
    link_id: UUID
    on: date


class ComplaintReceived(Event, frozen=True):
    """A complaint was taken in."""

    complaint_id: UUID
    level: str


class ComplaintHandedOver(Event, frozen=True):
    """Somebody else works on it; its first-contact owner stays responsible (S07-11)."""

    complaint_id: UUID
    to_staff_id: UUID | None
    to_unit_id: UUID | None


class ComplaintLevelChanged(Event, frozen=True):
    """It was judged anew."""

    complaint_id: UUID
    from_level: str
    to_level: str


class ComplaintResolved(Event, frozen=True):
    """A remedy was given."""

    complaint_id: UUID
    in_time: bool


class ComplaintMerged(Event, frozen=True):
    """It was the same matter as `into_id`, where it goes on with every intake; it has ended itself."""

    complaint_id: UUID
    into_id: UUID


class ComplaintReopened(Event, frozen=True):
    """The customer was not satisfied: round 2, 3, …"""

    complaint_id: UUID
    round: int


class ComplaintProgressed(Event, frozen=True):
    """A complaint was paused, resumed, called back about, or withdrawn: `stage`; `state` is what it is since."""

    complaint_id: UUID
    customer_id: UUID | None
    level: str
    stage: str
    state: str


class CustomerOpened(Event, frozen=True):
    """An archive was opened; what a whole file brings in is told to nobody one by one."""

    customer_id: UUID
    kind: str


class CustomerChanged(Event, frozen=True):
    """Something in a customer's archive was changed or put right."""

    customer_id: UUID


class FactRecorded(Event, frozen=True):
    """A customer has `facts` new or other figures of a metric, the latest of the day `on`; not told of whole files."""

    customer_id: UUID
    metric: str
    facts: int
    on: date


class AssessmentDone(Event, frozen=True):
    """A scheme's customers were assessed and the moves took effect; who moved is told as memberships that start and end."""

    assessment_id: UUID
    scheme: str
    customers: int
    on: date


class RedemptionChanged(Event, frozen=True):
    """A right was used or reserved, its reservation taken up, or all of it reversed: `state`."""

    redemption_id: UUID
    customer_id: UUID
    item: str
    state: str


class ServiceRequestReceived(Event, frozen=True):
    """A customer asked for a service."""

    service_request_id: UUID
    customer_id: UUID
    item: str


class ServiceStepTaken(Event, frozen=True):
    """A step of a service was carried out, or `skipped`."""

    service_request_id: UUID
    customer_id: UUID
    item: str
    step: str
    skipped: bool


class ServiceRequestEnded(Event, frozen=True):
    """A service was filed, withdrawn or refused: `state`."""

    service_request_id: UUID
    customer_id: UUID
    item: str
    state: str


class ReceptionProgressed(Event, frozen=True):
    """A reception came as far as `stage`: receive, confirm, plan, assign, notice, arrive, cancel or file, or one of the
    protocol's own."""

    reception_id: UUID
    customer_id: UUID
    stage: str


class ApprovalAsked(Event, frozen=True):
    """Somebody asked for a yes, by the policy's `flow`."""

    approval_id: UUID
    subject: str
    subject_id: UUID
    customer_id: UUID | None
    flow: str


class ContactRecorded(Event, frozen=True):
    """A contact with a customer was written down; `need` says whether something was left open."""

    interaction_id: UUID
    customer_id: UUID
    channel: str
    direction: str
    outcome: str
    need: bool


class CardChanged(Event, frozen=True):
    """Something happened to a card: `stage` issued, activated, lost, found, replaced, ended and so on."""

    card_id: UUID
    customer_id: UUID
    kind: str
    stage: str


class SurveyAnswered(Event, frozen=True):
    """A customer answered a survey; `score` from 0 to 100."""

    survey_answer_id: UUID
    customer_id: UUID
    survey: str
    score: int


class VisitCarriedOut(Event, frozen=True):
    """Somebody went to see a customer."""

    visit_id: UUID
    customer_id: UUID


class DepartmentRequestMoved(Event, frozen=True):
    """A department was asked, took it up, answered, gave it back, or it was withdrawn: `stage`."""

    department_request_id: UUID
    task: str
    stage: str


class FileAdded(Event, frozen=True):
    """A file was added to a customer or a case."""

    file_id: UUID
    subject: str
    subject_id: UUID


class FileRemoved(Event, frozen=True):
    """A file was taken away, and what it held destroyed; that it was there stays."""

    file_id: UUID
    subject: str
    subject_id: UUID


class DeadlineWarned(Event, frozen=True):
    """A deadline of `subject` draws near; `due_at` is the moment of this step."""

    timer_id: UUID
    subject: str
    subject_id: UUID
    milestone: str
    generation: int
    step: str
    roles: tuple[str, ...]
    due_at: datetime


class DeadlineBreached(DeadlineWarned, frozen=True):
    """A deadline has passed."""


class DeadlineEscalated(DeadlineWarned, frozen=True):
    """A deadline that has passed goes to the next role."""


class MilestoneReached(Event, frozen=True):
    """A target was reached, late or not; `roles` are those policy wants to hear of it."""

    timer_id: UUID
    subject: str
    subject_id: UUID
    milestone: str
    generation: int
    step: str
    roles: tuple[str, ...]
    reached_at: datetime
    in_time: bool


Happened = TypeVar("Happened", bound=Struct)
ReactingTo = Callable[[Happened, Run], Awaitable[None]]
Reaction = Callable[[Any, Run], Awaitable[None]]
Listener = Callable[[Sequence[Event], datetime], Awaitable[None]]
HearingOf = Callable[[Happened, Act], Awaitable[None]]
Hearing = Callable[[Any, Act], Awaitable[None]]
# Which job kinds react to an event, and to which subjects of it: none is any.
_kinds_by_event: dict[type[Struct], dict[str, tuple[str, ...]]] = {}
_listeners: list[Listener] = []
# Happening, subject of it or none for any, function's full name → the function, in the order of registration.
_at_once: dict[tuple[str, str, str], Hearing] = {}
# Filled once a composition root has imported whatever reacts.
_loaded: list[bool] = []


def reacts_to(
    event: type[Happened], *, about: str | tuple[str, ...] = (), kind: str = ""
) -> Callable[[ReactingTo[Happened]], ReactingTo[Happened]]:
    """Run the function as a job after each such event: at least once, its rows exactly once.

    With `about`, only after events of these subjects: what concerns nobody makes no job. The job's kind is written down
    and so never changed: made from the function's module and name, or `kind` for a function that was moved since.
    """

    def register(function: ReactingTo[Happened]) -> ReactingTo[Happened]:
        subscribe(event, function, about=about, kind=kind)
        return function

    return register


def subscribe(
    event: type[Happened], function: Reaction, *, about: str | tuple[str, ...] = (), kind: str = "", pack: str = ""
) -> None:
    """As `reacts_to`; with `pack`, only for tenants that have it. Subscribing again changes nothing."""
    room = pack or function.__module__.removeprefix("guibin.").removesuffix(".jobs")
    kind = kind or f"{room}.{function.__name__}"
    add(Handler(kind, event, function, pack=pack))
    _kinds_by_event.setdefault(event, {})[kind] = (about,) if isinstance(about, str) else about


def subjects_told(event: type[Happened]) -> frozenset[str]:
    """About which subjects somebody reacts to such events."""
    return frozenset(about for told in _kinds_by_event.get(event, {}).values() for about in told)


class OfPack(Struct, frozen=True):
    """Whose kind of event it is, and what the pack calls things."""

    pack: str
    texts: Mapping[str, Text]


def declare(event: type[Struct], *, pack: str, texts: Mapping[str, Text]) -> None:
    """Make a pack's own kind of event known: it is there for the companies that have the pack."""
    if issubclass(event, Event):
        _of_packs[event] = OfPack(pack, texts)


def of_pack(event: type[Event]) -> OfPack | None:
    """Whose it is; None for the core's."""
    return _of_packs.get(event)


def all_events(packs: Iterable[str] | None = None) -> tuple[type[Event], ...]:
    """Every kind of event by name: the core's, and those that packs declare; of these packs alone, if some are named."""
    known = {event for event in _descendants(Event) if event.__module__.startswith("guibin.")}
    known |= {event for event, whose in _of_packs.items() if packs is None or whose.pack in packs}
    return tuple(sorted(known, key=lambda event: event.__name__))


_of_packs: dict[type[Event], OfPack] = {}


class NobodyListens(RuntimeError):
    """An event would be lost without a word. Always a fault of the program."""


def all_known() -> None:
    """Every reaction and listener has been imported: from now on events may be recorded."""
    _loaded[:] = [True]


def listens(function: Listener) -> Listener:
    """Call the function with what happened together, in its transaction. Registered at import."""
    if function not in _listeners:
        _listeners.append(function)
    return function


def at_once(
    happening: type[Happened], *, about: str = "", name: str = ""
) -> Callable[[HearingOf[Happened]], HearingOf[Happened]]:
    """Run the function with each such happening, in its transaction, of whatever kind below it; with `about`, with those of this
    subject only.

    A refusal raised there undoes what happened with it. Registered at import, run in the order of registration. `name`
    is what it is known by, in place of the function's own.
    """

    def register(function: HearingOf[Happened]) -> HearingOf[Happened]:
        _at_once[happening.__name__, about, name or f"{function.__module__}.{function.__qualname__}"] = function
        return function

    return register


def heard_at_once(happening: type[Struct]) -> tuple[tuple[str, str], ...]:
    """Who hears of it: about which subject, empty for any, and under which name."""
    return tuple((about, name) for kind, about, name in _at_once if kind == happening.__name__)


async def tell_at_once(happening: Struct, act: Act) -> None:
    """Let everybody who is to hear of it act now. Raises whatever they refuse, and NobodyListens as `record_all`."""
    _refuse_unknown()
    subject = getattr(happening, "subject", "")
    names = {kind.__name__ for kind in type(happening).__mro__}
    for (name, about, _), hear in list(_at_once.items()):
        if name in names and about in ("", subject):
            await hear(happening, act)


async def happen(event: Event, act: Act) -> tuple[UUID, ...]:
    """As `record`, for what whoever acts is doing: rooms above hear it at once first. Raises whatever they refuse."""
    await tell_at_once(event, act)
    return await record(event, now=act.now)


async def record(event: Event, *, now: datetime) -> tuple[UUID, ...]:
    """Write down that it happened: the ids of the jobs that will react once this transaction commits."""
    return await record_all((event,), now=now)


async def record_all(happened: Sequence[Event], *, now: datetime) -> tuple[UUID, ...]:
    """As `record`, for what happened together: as many statements as for one.

    Raises NobodyListens in a process whose composition root has not made the reactions known.
    """
    _refuse_unknown()
    if not happened:
        return ()
    for listener in _listeners:
        await listener(happened, now)
    jobs = [job for event in happened for job in _reactions(event)]
    return await write(await _of_this_company(jobs), now=now)


def _refuse_unknown() -> None:
    if not _loaded:
        raise NobodyListens("an event was recorded before the reactions are known: import guibin.timetable first")


def _reactions(event: Event) -> list[NewJob]:
    subject = getattr(event, "subject", "")
    kinds = [kind for kind, about in _kinds_by_event.get(type(event), {}).items() if not about or subject in about]
    payload = msgspec.json.encode(event) if kinds else b""
    return [NewJob(kind=kind, payload=payload) for kind in kinds]


async def _of_this_company(jobs: list[NewJob]) -> list[NewJob]:
    """Without what a pack does that the company does not have: its ledger shows nothing of it."""
    packs = {job.kind: handler.pack for job in jobs if (handler := handler_of(job.kind)) is not None and handler.pack}
    if not packs:
        return jobs
    has = await fetch_value("select packs from tenant where id = $1", current_tenant())
    return [job for job in jobs if packs.get(job.kind, "") in ("", *has)]


def _descendants(event: type[Event]) -> set[type[Event]]:
    below = set(event.__subclasses__())
    return below.union(*(_descendants(one) for one in below))
