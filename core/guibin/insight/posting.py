"""Reports that people get by mail when a period is closed: figures only, in clear, and the address of the page."""

from typing import Literal
from urllib.parse import urlencode
from uuid import UUID

from msgspec import Struct, structs

from guibin.audit.actions import noted
from guibin.console.shell import PREFIX
from guibin.context import Act
from guibin.jobs.kinds import Run
from guibin.messages import staff_mail
from guibin.messages.posting import NewMessage, post
from guibin.messages.queries import means_in_use
from guibin.messages.subjects import SUBJECTS, Settled, Subject, Values
from guibin.periods.names import Period, parse_period
from guibin.sign_ins.refusals import NoMail
from guibin.web.public_address import public_address
from guibin_tenants.authentication import working
from guibin_tenants.principals import may
from guibin_tenants.refusals import Forbidden, NotFound
from guibin_tenants.rows import add_all, change, first, many
from guibin_tenants.scope import execute, fetch_column, fetch_value

from .actions import unit_of, unit_seen
from .figures import Kind
from .pages import worded
from .reports import Asked, report
from .tables import ReportSubscription

READ = may("insight:read")
SUBJECT = "report_mail"
Span = Literal["week", "month"]


class NewSubscription(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which report, how often, of which org unit: the caller's own without."""

    kind: Kind
    span: Span = "month"
    org_unit_id: UUID | None = None


class SubscriptionView(Struct, frozen=True, kw_only=True):
    """A report that comes by mail; `period` is the last that was sent, empty before the first."""

    id: UUID
    kind: str
    span: str
    org_unit_id: UUID
    org_unit_name: str
    period: str


class _Due(Struct, frozen=True):
    id: UUID
    staff_id: UUID
    kind: Kind
    span: Span
    org_unit_id: UUID
    period: str


async def subscribe(new: NewSubscription, act: Act) -> UUID:
    """From the next close on; asking twice changes nothing. Raises NotFound for a unit behind the wall, NoMail for somebody
    without a mail address or a company without a mail channel, Forbidden for whoever is no member of staff."""
    if not act.by.is_person:
        raise Forbidden("Reports are mailed to members of staff: sign in as one")
    if "email" not in await means_in_use() or not await staff_mail.address(act.by.person, by=act.by):
        raise NoMail("Write your mail address first, and see that the company has a mail channel")
    unit = await unit_of(new.org_unit_id, by=act.by)
    row = {"staff_id": act.by.person, "kind": new.kind, "span": new.span, "org_unit_id": unit.id, "begun_at": act.now}
    await add_all(ReportSubscription, None, [row], unless=("staff_id", "kind", "span", "org_unit_id"))
    (known,) = await fetch_column(
        "select id from report_subscription where staff_id = $1 and kind = $2 and span = $3 and org_unit_id = $4",
        *(row[name] for name in ("staff_id", "kind", "span", "org_unit_id")),
    )
    await noted("report.subscribe", act, subject="report_subscription", subject_id=known, shown=0)
    return UUID(str(known))


async def unsubscribe(subscription_id: UUID, act: Act) -> None:
    """No more of it. Raises NotFound, also for somebody else's."""
    gone = await execute(
        "delete from report_subscription where id = $1 and staff_id = $2", subscription_id, act.by.person
    )
    if not gone:
        raise NotFound(f"There is no subscription {subscription_id}")
    await noted("report.unsubscribe", act, subject="report_subscription", subject_id=subscription_id, shown=0)


async def own(act: Act) -> list[SubscriptionView]:
    """What the caller gets by mail."""
    return await many(
        SubscriptionView,
        "from (select s.id, s.kind, s.span, s.org_unit_id, s.period, s.begun_at, u.name as org_unit_name"
        " from report_subscription s join org_unit u on u.tenant_id = s.tenant_id and u.id = s.org_unit_id"
        " where s.staff_id = $1) x order by begun_at, id",
        act.by.person,
    )


async def due(period: Period, org_unit_id: UUID) -> list[UUID]:
    """Who gets the reports of a unit whose week or month was closed; a year is mailed to nobody."""
    if "-" not in period.name:
        return []
    return await fetch_column(
        "select id from report_subscription where span = $1 and org_unit_id = $2 order by id",
        "week" if "W" in period.name else "month",
        org_unit_id,
    )


async def mail(subscription_id: UUID, period: Period, run: Run) -> None:
    """Post it once; whoever left or has no address gets none."""
    found = await first(_Due, "from report_subscription where id = $1", subscription_id)
    if found is None:
        return
    await change(ReportSubscription, found.id, period=period.name)
    new = NewMessage(
        occasion=f"{SUBJECT}/{found.id}/{period.name}",
        kind=SUBJECT,
        means="email",
        subject=SUBJECT,
        subject_id=found.id,
        staff_id=found.staff_id,
    )
    await post(new, now=run.now)


async def values_of(subscription_id: UUID, run: Run) -> Values | None:
    """The figures of its last period as its reader may see them now; None where they may not any more."""
    found = await first(_Due, "from report_subscription where id = $1", subscription_id)
    by = await working(found.staff_id) if found else None
    if found is None or by is None or not found.period or not READ(by) or not by.covers(found.org_unit_id):
        return None
    act = structs.replace(run, by=by, language=run.company.language)
    unit = await unit_seen(found.org_unit_id, by=by)
    period = parse_period(found.period, run.company.time_zone)
    asked = Asked(kind=found.kind, period=period, org_unit_id=unit.id, org_unit_name=unit.name)
    made = await report(asked, act)
    await noted("report.mail", act, subject="statistics", shown=len(made.figures))
    figures = [
        f"{line.definition.title}  {worded(line.value, line.definition.unit)}  ({worded(line.before, line.definition.unit)})"
        for line in made.figures
    ]
    place = urlencode({"period": made.period, "org_unit_id": str(unit.id)})
    return Values(
        {
            "report": made.title,
            "period": made.period,
            "unit": made.org_unit_name,
            "figures": "\n".join(figures),
            "link": f"{public_address() or ''}{PREFIX}/reports/{found.kind}?{place}",
            "end": f"{public_address() or ''}{PREFIX}/reports/subscriptions",
        },
        to_staff=SUBJECT,
    )


async def nothing_follows(settled: Settled, run: Run) -> None:
    """The page has it anyway."""


SUBJECTS.give(SUBJECT, Subject(values_of, nothing_follows))


async def is_any() -> bool:
    """Whether anybody gets a report by mail."""
    return bool(await fetch_value("select true from report_subscription limit 1"))
