"""Notices to staff by mail and to the company's chat, beside the inbox: numbers and words of the policy, no personal data."""

from datetime import datetime
from uuid import UUID

from guibin.administration.actions import in_charge_of
from guibin.audit.actions import noted
from guibin.context import Act
from guibin.gateways.smtp import is_address
from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job, Run, handles
from guibin.notices.actions import SENT_ON, Notice
from guibin.notices.queries import text_of
from guibin.policy.fields import ArchiveField
from guibin.sealing.values import masked
from guibin_tenants import keyring, staff
from guibin_tenants.keyring import Place
from guibin_tenants.principals import Principal, may
from guibin_tenants.refusals import Forbidden, Invalid, NotFound
from guibin_tenants.scope import execute, fetch, fetch_one
from guibin_tenants.tables import new_id

from .posting import NewMessage, post
from .queries import means_in_use
from .subjects import SUBJECTS, Settled, Subject, Values

NOTICE = "staff_notice"
_EMAIL = ArchiveField("email", "email", "confidential")


async def write_address(staff_id: UUID, email: str, act: Act) -> str:
    """Where the member of staff gets mail, masked. One's own, or as an admin. Raises NotFound, Invalid, Forbidden, also for
    somebody who holds more: by a mail there the account's password is chosen."""
    await _refuse_others(staff_id, act.by)
    await in_charge_of(staff_id, act.by)
    if not is_address(email):
        raise Invalid.at("email", "a mail address", value=email)
    row = await fetch_one("select id from staff_address where staff_id = $1 for update", staff_id)
    row_id = row["id"] if row else new_id()
    shown = masked(_EMAIL, email)
    await execute(
        "insert into staff_address (id, staff_id, sealed, masked, written_at, written_by) values ($1, $2, $3, $4, $5, $6)"
        " on conflict (tenant_id, staff_id) do update set id = excluded.id, sealed = excluded.sealed,"
        " masked = excluded.masked, written_at = excluded.written_at, written_by = excluded.written_by",
        row_id,
        staff_id,
        keyring.seal(await keyring.tenant_key(), _place(row_id), email),
        shown,
        act.now,
        act.by.person,
    )
    await noted("staff_address.write", act, subject="staff", subject_id=staff_id)
    return shown


async def address(staff_id: UUID, *, by: Principal) -> str:
    """Masked; empty when there is none. Raises Forbidden, NotFound."""
    await _refuse_others(staff_id, by)
    row = await fetch_one("select masked from staff_address where staff_id = $1", staff_id)
    return row["masked"] if row else ""


async def remove_address(staff_id: UUID, act: Act) -> None:
    """No more mail. Raises Forbidden, NotFound."""
    await _refuse_others(staff_id, act.by)
    await in_charge_of(staff_id, act.by)
    if not await execute("delete from staff_address where staff_id = $1", staff_id):
        raise NotFound(f"Staff {staff_id} has no address")
    await noted("staff_address.remove", act, subject="staff", subject_id=staff_id)


async def opened_address(staff_id: UUID) -> str | None:
    """In clear, for one attempt; None without one, or when the person has left."""
    row = await fetch_one(
        "select a.id, a.sealed from staff_address a join staff s on s.tenant_id = a.tenant_id and s.id = a.staff_id"
        " where a.staff_id = $1 and s.left_at is null",
        staff_id,
    )
    if row is None:
        return None
    return keyring.unseal(await keyring.tenant_key(), _place(row["id"]), bytes(row["sealed"]))


class SendNotice(Job, frozen=True):
    """Post what colleagues were told, known by its `key`, to those of them who have an address, and once to the chat.

    A job: whoever tells somebody may not see them, as an outlet does not see the head office's staff.
    """

    key: str
    notice: str
    told: tuple[UUID, ...]


@SENT_ON.give
async def mail_notice(notice: Notice, key: str, told: tuple[UUID, ...], now: datetime) -> None:
    """Have it posted, where the company has a channel for it."""
    if told and not {"email", "chat"}.isdisjoint(await means_in_use()):
        await enqueue(SendNotice(key, notice.kind, told), now=now)


@handles(SendNotice)
async def send_notice(job: SendNotice, run: Run) -> None:
    """Each once, whatever is repeated."""
    means = await means_in_use()
    rows = await fetch(
        "select n.id, n.staff_id, a.id is not null as has_address from staff_notice n"
        " left join staff_address a on a.tenant_id = n.tenant_id and a.staff_id = n.staff_id"
        " where n.key = $1 and n.staff_id = any ($2::uuid[]) order by n.id",
        job.key,
        list(job.told),
    )
    if "chat" in means and rows:
        occasion = f"chat/{job.key}"[:200]
        new = NewMessage(occasion=occasion, kind=job.notice, means="chat", subject=NOTICE, subject_id=rows[0]["id"])
        await post(new, now=run.now)
    for row in rows:
        if "email" in means and row["has_address"]:
            new = NewMessage(
                occasion=f"notice/{row['id']}",
                kind=job.notice,
                means="email",
                subject=NOTICE,
                subject_id=row["id"],
                staff_id=row["staff_id"],
            )
            await post(new, now=run.now)


async def notice_values(notice_id: UUID, run: Run) -> Values | None:
    """The notice's own text, if the policy wants such notices sent."""
    row = await fetch_one("select kind, details from staff_notice where id = $1", notice_id)
    if row is None or row["kind"] not in run.policy.messages.staff_notices:
        return None
    return Values({"text": text_of(row["kind"], row["details"], run.policy, run.company.language)}, to_staff=NOTICE)


async def nothing_follows(settled: Settled, run: Run) -> None:
    """The inbox has it anyway."""


SUBJECTS.give(NOTICE, Subject(notice_values, nothing_follows))


async def _refuse_others(staff_id: UUID, by: Principal) -> None:
    if by.id != staff_id and not may("staff:write")(by):
        raise Forbidden("Only one's own address, or as an admin")
    account = await staff.by_id(staff_id)
    if by.id != staff_id and not by.covers(account.org_unit_id):
        raise staff.unknown(staff_id)


def _place(row_id: UUID) -> Place:
    return Place("staff_address", "sealed", row_id)
