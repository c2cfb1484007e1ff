"""A password chosen by a link that came by mail: for whoever is invited, whose password an admin resets, or who forgot it.

A link is signed, opens once, and holds until another password or another address was set after it was asked for.
"""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from guibin.administration.actions import add_person, in_charge_of
from guibin.administration.requests import NewInvitation
from guibin.audit.actions import noted
from guibin.cases import Case
from guibin.context import Act, Company
from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job, Run, handles
from guibin.messages import staff_mail
from guibin.messages.posting import NewMessage, post
from guibin.messages.queries import means_in_use
from guibin.messages.subjects import SUBJECTS, Settled, Subject, Values
from guibin.notices.actions import Notice, notify
from guibin.web import signed_links
from guibin.web.public_address import public_address
from guibin.web.signed_links import Link
from guibin_tenants import devices, sign_in_limits, staff
from guibin_tenants.principals import Principal, Signature
from guibin_tenants.refusals import Forbidden
from guibin_tenants.rows import add
from guibin_tenants.scope import execute, fetch_one
from guibin_tenants.sign_in_limits import TooManyAttempts
from guibin_tenants.staff import StaffView

from .refusals import NoMail
from .tables import PasswordLink

PATH = "/p/"
PURPOSE = "password-link"
SUBJECT = "password_link"
Reason = Literal["invitation", "reset", "forgotten"]
LASTS = {"invitation": timedelta(days=3), "reset": timedelta(hours=4), "forgotten": timedelta(hours=1)}
# Whoever asks under a login that nobody has.
NOBODY = UUID(int=0)
_HERS = "s.tenant_id = l.tenant_id and s.id = l.staff_id"
_BEHIND = f"""select l.staff_id, l.reason, l.expires_at, l.expires_at as until_at, l.used_at is not null as used,
 nullif(a.written_by, l.staff_id) as known_to, l.used_at is null and (s.left_at is not null
 or coalesce(greatest(s.password_set_at, s.password_chosen_at) > l.asked_at, false)
 or coalesce(a.written_at > l.asked_at, true)) as cancelled
 from password_link l join staff s on {_HERS} left join staff_address a on a.tenant_id = l.tenant_id and a.staff_id = l.staff_id
 where l.id = $1 for update of l"""


class MailLink(Job, frozen=True):
    """Send somebody who forgot their password a link; nothing to an account that there is not."""

    staff_id: UUID


class LinkSent(Struct, frozen=True, kw_only=True):
    """Who chooses a password by a link that is on its way to `email`, shown masked, and may be opened until `expires_at`."""

    staff: StaffView
    email: str
    expires_at: datetime


class Chooser(Struct, frozen=True):
    """Whose link it is, why it was sent, and who else may know it."""

    staff: StaffView
    reason: Reason
    known_to: UUID | None


async def invite(new: NewInvitation, act: Act) -> LinkSent:
    """Add an account, and send its holder a link. Raises NoMail, Invalid, Forbidden."""
    await _refuse_without_mail(act.company)
    account = await add_person(new, None, act)
    await staff_mail.write_address(account.id, new.email, act)
    return await _send(account, "invitation", act)


async def send(staff_id: UUID, act: Act) -> LinkSent:
    """Send somebody a link; their password holds until they choose another. Raises NotFound, NoMail, Forbidden for oneself and
    for an account that holds more."""
    if staff_id == act.by.person:
        raise Forbidden("Your own password is changed with the present one: PUT /api/v1/me/password")
    account = await in_charge_of(staff_id, act.by)
    await _refuse_without_mail(act.company)
    if account.left_at is not None or not await staff_mail.address(staff_id, by=act.by):
        raise NoMail("They have no mail address: PUT /api/v1/staff-addresses/{staff_id}")
    return await _send(account, "reset", act)


async def ask(login: str, address: str, *, now: datetime) -> None:
    """Somebody at that address forgot the password of this login. What is done is the same whether or not it has somebody."""
    account = await staff.account_of(login)
    whose, name = (account.staff.id, account.staff.name) if account else (NOBODY, "")
    by = Principal(kind="staff", id=whose, name=name, permissions=frozenset(), address=address)
    await enqueue(MailLink(whose), now=now)
    subject_id = whose if account else None
    await noted("session.forgotten", Signature(by=by, now=now), subject="session", subject_id=subject_id, shown=0)


async def count(login: str, address: str, device: str, *, now: datetime) -> TooManyAttempts | None:
    """Count somebody who asks; the refusal where they ask too often. What was counted stays."""
    account = await staff.account_of(login)
    known = await devices.known(account.staff.id, device, now=now) if account else None
    try:
        await sign_in_limits.attempt(sign_in_limits.of_forgotten(login, address, known), now=now)
    except TooManyAttempts as refusal:
        return refusal
    return None


async def behind(link: Link, *, now: datetime) -> Chooser:
    """Raises UnknownLink, and SpentLink to whoever truly holds it."""
    row = await signed_links.behind(link, _BEHIND, purpose=PURPOSE, now=now)
    return Chooser(await staff.by_id(row["staff_id"]), row["reason"], row["known_to"])


async def choose(link: Link, password: str, act: Act) -> None:
    """Take the password; every session of the account ends. Raises what `behind` raises, and Invalid for a weak one.

    Whoever wrote the address may have opened the link: they and the account are one party for a while (0011).
    """
    chooser = await behind(link, now=act.now)
    await staff.choose_password(chooser.staff.id, password, known_to=chooser.known_to, now=act.now)
    await execute("update password_link set used_at = $2 where id = $1", link.invitation_id, act.now)
    await noted("staff.password_by_link", act, subject="staff", subject_id=chooser.staff.id, shown=0)
    if chooser.known_to and chooser.reason != "invitation":
        notice = Notice("password_set", Case("staff", chooser.staff.id), staff_ids=(chooser.staff.id,))
        await notify(notice, key=f"password-link/{link.invitation_id}", now=act.now)


@handles(MailLink)
async def mail_link(job: MailLink, run: Run) -> None:
    """Where that is possible; whoever asked is not told whether it was."""
    account = await fetch_one(
        "select s.id from staff s join staff_address a on a.tenant_id = s.tenant_id and a.staff_id = s.id"
        " where s.id = $1 and s.left_at is null",
        job.staff_id,
    )
    if account is not None and await _can_mail(run.company):
        await _post(job.staff_id, "forgotten", run.now)


async def link_values(link_id: UUID, run: Run) -> Values | None:
    """None when the link is not wanted any more: by then another password was set, or the person left."""
    row = await fetch_one(_BEHIND, link_id)
    if row is None or row["used"] or row["cancelled"] or row["expires_at"] <= run.now or not public_address():
        return None
    account = await staff.by_id(row["staff_id"])
    company = await fetch_one("select slug, name from tenant where id = $1", run.company.id)
    assert company is not None
    token = await signed_links.issue(link_id, row["expires_at"], purpose=PURPOSE)
    until = row["expires_at"].astimezone(ZoneInfo(run.company.time_zone))
    values = {
        "company": company["name"],
        "slug": company["slug"],
        "name": account.name,
        "login": account.login,
        "link": f"{public_address()}{PATH}{token}",
        "until": f"{until:%Y-%m-%d %H:%M}",
    }
    text = "password_invitation" if row["reason"] == "invitation" else "password_reset"
    return Values(values, hidden=("link",), to_staff=text)


async def nothing_follows(settled: Settled, run: Run) -> None:
    """Whoever waits for it asks again."""


SUBJECTS.give(SUBJECT, Subject(link_values, nothing_follows))


async def _send(account: StaffView, reason: Reason, act: Act) -> LinkSent:
    expires_at = await _post(account.id, reason, act.now)
    await noted("staff.password_link", act, subject="staff", subject_id=account.id, shown=0)
    email = await staff_mail.address(account.id, by=act.by)
    return LinkSent(staff=account, email=email, expires_at=expires_at)


async def _post(staff_id: UUID, reason: Reason, now: datetime) -> datetime:
    await execute("delete from password_link where staff_id = $1 and expires_at <= $2", staff_id, now)
    # A link names its end in whole seconds.
    expires_at = (now + LASTS[reason]).replace(microsecond=0)
    link_id = await add(PasswordLink, staff_id=staff_id, reason=reason, asked_at=now, expires_at=expires_at)
    new = NewMessage(
        occasion=f"{SUBJECT}/{link_id}",
        kind=SUBJECT,
        means="email",
        subject=SUBJECT,
        subject_id=link_id,
        staff_id=staff_id,
        not_after=expires_at,
    )
    await post(new, now=now)
    return expires_at


async def _can_mail(company: Company) -> bool:
    return bool(public_address()) and not company.simulated and "email" in await means_in_use()


async def _refuse_without_mail(company: Company) -> None:
    if not await _can_mail(company):
        raise NoMail("The company has no mail channel, or the service no address that people outside know")
