"""What somebody owes as pages show it: in words, with its place, and the action one tap away."""

from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from guibin.console.moments import Deadline, Due
from guibin.console.shell import PREFIX, Shell
from guibin.profiles.queries import notes_of
from guibin.signals.wording import noticed
from guibin.tiers.marks import Mark

from .queries import WorkView

SOON = timedelta(hours=1)


class Look(Struct, frozen=True, kw_only=True):
    """How a kind is shown: its icon, the section whose page the row leads to, and the action that its button asks for.

    `of` says whose id the section's page takes: the subject's or the customer's; `page` is one of its pages that takes none. Without `action` the button leads there.
    """

    icon: str
    section: str = ""
    of: str = "subject_id"
    page: str = ""
    action: str = ""


LOOKS: dict[str, Look] = {
    "complaint": Look(icon="message-report", section="complaints"),
    "reply": Look(icon="message-circle", section="complaints", action="complaints/{0}/do/write"),
    "callback": Look(icon="phone-call", section="complaints", action="complaints/{0}/do/call_back"),
    "rectification": Look(icon="shield-check", section="complaints", action="complaints/{0}/do/rectify"),
    "sampled": Look(icon="phone-call", section="complaints", action="complaints/{0}/do/follow_up"),
    "measure": Look(icon="zoom-check", action="work/measure/{1}/do/measure"),
    "signal": Look(icon="bell", section="signals", action="signals/{0}/do/finish"),
    "task": Look(icon="list-check", section="tasks", action="tasks/{0}/do/finish"),
    "service_request": Look(icon="list-check", section="requests"),
    "department_request": Look(icon="building", action="work/department_request/{1}/do/department_request"),
    "approval": Look(icon="checkbox", section="approvals", action="work/approval/{1}/do/approval"),
    "reception_task": Look(icon="calendar-event", action="work/reception_task/{1}/do/reception_task"),
    "contact": Look(icon="phone", section="customers", of="customer_id", action="work/contact/{1}/do/contact"),
    "question": Look(
        icon="message-circle", section="customers", of="customer_id", action="work/question/{1}/do/question"
    ),
    "mail": Look(icon="mail", section="mails"),
    "call": Look(icon="phone-incoming", section="hotline"),
    "call_back": Look(icon="phone-call", section="hotline"),
    "duty_call": Look(icon="bell", action="duty/calls/{1}/do/take"),
    "training": Look(icon="checks"),
    "visit": Look(icon="map-pin", section="visits"),
    "visit_filing": Look(icon="signature", section="visits"),
    "care_task": Look(icon="cake", section="customers", of="customer_id", action="work/care_task/{1}/do/care_task"),
    "reminder": Look(icon="bell", section="customers", of="customer_id", action="work/reminder/{1}/do/reminder"),
    "renewal": Look(icon="refresh", section="customers", of="customer_id", action="work/renewal/{1}/do/renewal"),
    "review": Look(icon="user-check", section="customers", of="customer_id", action="work/review/{1}/do/review"),
    "follow_up": Look(icon="repeat", section="customers", of="customer_id", action="work/follow_up/{1}/do/follow_up"),
    "relationship_measure": Look(
        icon="heart",
        section="customers",
        of="customer_id",
        action="work/relationship_measure/{1}/do/relationship_measure",
    ),
    "improvement": Look(icon="zoom-check", action="work/improvement/{1}/do/improvement"),
    "activity_plan": Look(icon="ticket", section="activities", page="regular"),
    "plan": Look(icon="notebook", action="work/plan/{1}/do/plan"),
    "plan_item": Look(icon="check", action="work/plan_item/{1}/do/plan_item"),
    "plan_review": Look(icon="notebook", action="work/plan_review/{1}/do/plan_review"),
    "needs_analysis": Look(
        icon="search", section="customers", of="customer_id", action="work/needs_analysis/{1}/do/needs_analysis"
    ),
    "inspection_item": Look(icon="clipboard-check", section="inspections"),
    "inspection_finding": Look(icon="alert-triangle", section="inspections"),
    "inspection_verification": Look(icon="checks", section="inspections"),
    "policy_reading": Look(icon="book", section="policy"),
    "log": Look(icon="pencil", action="work/log/{1}/do/log"),
}
# Kinds whose `about` is a level of the complaint policy.
LEVELLED = frozenset({"complaint", "reply", "callback", "rectification", "sampled"})


class Line(Struct, frozen=True, kw_only=True):
    """One row: `said` what is to be done, in a sentence, `place` the page of it (empty where there is none), `asks` the form
    that its button opens (empty where it leads to the page)."""

    row: WorkView
    icon: str
    said: str
    detail: str
    place: str
    asks: str
    due: Due | None
    mark: Mark | None
    level: int
    notes: dict[str, str] = {}


async def lines(rows: list[WorkView], held: dict[UUID, Mark], shell: Shell) -> list[Line]:
    """The rows as they are shown."""
    notes = await notes_of(row.customer_id for row in rows)
    sections = {entry.path.removeprefix(f"{PREFIX}/") for entry in shell.studio.entries if entry.needs(shell.act.by)}
    return [
        replace(
            _line(row, held.get(row.customer_id) if row.customer_id else None, sections, shell),
            notes=notes.get(row.customer_id, {}) if row.customer_id else {},
        )
        for row in rows
    ]


def about(row: WorkView, shell: Shell) -> tuple[str, ...]:
    """What a form is about: whom, what, and its particulars, line by line."""
    said = shell.says(f"work.says.{row.kind}", **_words(row, shell))
    items = row.details.get("items")
    listed = [f"· {item}" for item in items] if isinstance(items, list) else [_detail(row, shell)]
    note = [row.matter] if row.kind == "approval" and row.matter else []
    return tuple(line for line in (row.customer_name or "", said, *note, *listed) if line)


def due_of(row: WorkView, shell: Shell) -> Due | None:
    """The deadline: what was arranged for a moment by that moment, what has a whole day by its day."""
    clock, now = shell.clock, shell.act.now
    if row.happens_at is not None and (row.due_at is None or row.due_at > now):
        near = row.happens_at - now <= SOON
        return Due("warn" if near else "calm", clock.time(row.happens_at), "", clock.exact(row.happens_at))
    if row.due_on is not None:
        return clock.due_on(row.due_on)
    return clock.due(
        Deadline(
            due_at=row.due_at,
            warn_at=row.warn_at,
            paused_at=row.paused_at,
            provisional=row.provisional,
        )
    )


def end_of_day(shell: Shell, days: int = 0) -> datetime:
    """The first moment after the company's day in so many days."""
    return datetime.combine(shell.clock.today + timedelta(days=days + 1), time(), ZoneInfo(shell.act.company.time_zone))


def _line(row: WorkView, mark: Mark | None, sections: set[str], shell: Shell) -> Line:
    look = LOOKS[row.kind]
    of = look.page or (row.customer_id if look.of == "customer_id" else row.subject_id)
    levels = [level.name for level in shell.act.policy.complaints.levels]
    return Line(
        row=row,
        icon=look.icon,
        said=shell.says(f"work.says.{row.kind}", **_words(row, shell)),
        detail=_detail(row, shell),
        place=f"{PREFIX}/{look.section}/{of}" if look.section and look.section in sections and of else "",
        asks=f"{PREFIX}/{look.action.format(row.subject_id, row.id)}" if look.action else "",
        due=due_of(row, shell),
        mark=mark,
        level=levels.index(row.about) + 1 if row.kind in LEVELLED and row.about in levels else 0,
    )


def _words(row: WorkView, shell: Shell) -> dict[str, object]:
    """What the sentence of the kind may say."""
    told = {name: value for name, value in row.details.items() if isinstance(value, str)}
    words: dict[str, object] = {"matter": row.matter or shell.says("work.no_words"), "about": _about(row, shell)}
    words |= told
    if told.get("by") == "job":
        words["applicant"] = shell.says("work.system")
    for name in ("ends_on",):
        if name in told:
            words[name] = shell.clock.day(date.fromisoformat(told[name]))
    if "span" in told:
        span = told["span"]
        words["span"] = shell.says(f"work.span.{span}") if span in ("week", "month", "quarter", "year") else span
        words["every"] = shell.says(f"work.every.{span}", times=told.get("times", "1")) if "times" in told else ""
    return words


def _detail(row: WorkView, shell: Shell) -> str:
    """Beside the sentence: the number, the day with its lunar one, gifts."""
    parts = [row.number] if row.number else []
    if row.kind == "signal":
        parts.append(noticed(str(row.details.get("source", "")), row.details, shell))
    if row.kind == "care_task" and row.due_on is not None:
        day, lunar = shell.clock.day(row.due_on), shell.clock.lunar(row.due_on)
        parts.append(f"{day} ({lunar})" if shell.language == "en" else f"{day}（{lunar}）")
    gifts = row.details.get("gifts")
    if isinstance(gifts, list) and gifts:
        parts.append(shell.joined(_text(f"work.gift.{gift}", gift, shell) for gift in gifts))
    items = row.details.get("items")
    if isinstance(items, list):
        parts += items
    place = row.details.get("place")
    if row.kind == "visit" and isinstance(place, str) and place:
        parts.append(place)
    return " · ".join(parts) if shell.language == "en" else "　".join(parts)


def _about(row: WorkView, shell: Shell) -> str:
    """What `about` is called."""
    match row.kind:
        case "complaint" | "reply" | "callback" | "rectification" | "sampled":
            return _title(shell, f"complaint_level.{row.about}")
        case "call":
            return shell.says(f"hotline.state.{row.about}")
        case "signal":
            return _title(shell, f"signal_task.{row.about}")
        case "training":
            return _title(shell, f"staff_qualification.{row.about}")
        case "duty_call":
            return shell.says(f"duties.subject.{row.about}")
        case "contact":
            return (
                _title(shell, f"tier.{row.details['tier']}", scheme=str(row.details["scheme"]))
                if row.details["tier"]
                else ""
            )
        case "service_request":
            return _title(shell, f"service_item.{row.about}.title")
        case "department_request":
            return _title(shell, f"department_task.{row.about}")
        case "approval":
            return _title(shell, f"approval.{row.about}")
        case "care_task":
            return _title(shell, f"occasion.{row.about}")
        case "relationship_measure":
            return _title(shell, f"measure.{row.about}")
        case "activity_plan":
            return _title(shell, f"invitation.{row.about}")
        case "reception_task":
            return _title(shell, f"reception_task.{row.about}")
        case "inspection_item":
            return _title(shell, f"inspection.{row.about}")
        case "inspection_finding" | "inspection_verification":
            return _title(shell, f"inspection_criterion.{row.about}")
        case "measure":
            return _title(shell, f"complaint_cause.{row.about}") if row.about else ""
        case _:
            return row.about


def _title(shell: Shell, key: str, scheme: str = "") -> str:
    """What the policy calls it; nothing rather than a code."""
    title = shell.act.policy.title(key, shell.language, scheme=scheme)
    return "" if title == key else title


def _text(key: str, otherwise: str, shell: Shell) -> str:
    return shell.says(key) if shell.studio.words.has(key) else otherwise
