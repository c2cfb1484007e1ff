"""A company's mailboxes: settings checked and sealed, the secret of the door, and fetching that was asked for."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.gateways.smtp import is_address
from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job
from guibin.outbound import signing
from guibin.outbound.addresses import is_disguised, is_public
from guibin.outbound.targets import rules
from guibin_tenants import keyring, rows
from guibin_tenants.keyring import Place
from guibin_tenants.receivers import standing_unit
from guibin_tenants.refusals import FieldError, Invalid
from guibin_tenants.scope import fetch_value, one_at_a_time, step_outside
from guibin_tenants.tables import new_id

from . import imap, queries
from .queries import MailboxView
from .refusals import MailboxPaused, NoServer, TooManyMailboxes
from .requests import ImapSettings, NewMailbox, NewReceivingServer
from .tables import Mailbox

EVERY = timedelta(minutes=3)
# A server that is away overnight is asked some dozen times.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (3, 5, 15, 30, 60, 120, 240))
# So many failures in a row are told.
TOLD_AFTER = 3
MAILBOXES_MAX = 20
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.:-]*[A-Za-z0-9])?")
_ADDRESS = re.compile(r"[0-9.]+|.*:.*")


class FetchMails(Job, frozen=True):
    """Ask the mailbox's server, if that is its `turn`."""

    mailbox_id: UUID
    turn: int


class TriedOut(Struct, frozen=True):
    """Whether its server lets us in; if not, the word for why, and that in the reader's words."""

    works: bool
    error: str
    said: str


class CreatedMailbox(Struct, frozen=True):
    """`secret` is shown this once: whoever hands mails to the door signs with it."""

    secret: str
    mailbox: MailboxView


async def add(new: NewMailbox, act: Act) -> CreatedMailbox:
    """Raises Invalid naming each wrong setting, never what stood there; TooManyMailboxes."""
    problems = [] if is_address(new.address) else [FieldError("address", "a mail address", value=new.address)]
    problems += _wrong(new.imap) if new.imap else []
    if problems:
        raise Invalid("The mailbox cannot be used", fields=tuple(problems))
    if new.org_unit_id is not None:
        await standing_unit(new.org_unit_id)
    # Two at once wait for each other here, so that the last place is given once.
    await one_at_a_time("/mailboxes")
    if await fetch_value("select count(*) from mailbox where removed_at is null") >= MAILBOXES_MAX:
        raise TooManyMailboxes(f"At most {MAILBOXES_MAX}: remove one first")
    mailbox_id, secret = new_id(), signing.new_secret()
    await rows.add(
        Mailbox,
        act,
        id=mailbox_id,
        name=new.name,
        address=new.address,
        org_unit_id=new.org_unit_id,
        receiving_server=new.receiving_server.strip().lower(),
        secret=keyring.seal(await keyring.tenant_key(), _place(mailbox_id, "secret"), secret),
        next_at=act.now if new.imap else None,
        **(await _settings(mailbox_id, new.imap) if new.imap else {}),
    )
    if new.imap:
        await plan(mailbox_id, 0, at=act.now, now=act.now)
    await _note("mailbox.add", mailbox_id, act)
    return CreatedMailbox(secret, await queries.mailbox(mailbox_id))


async def change_settings(mailbox_id: UUID, new: ImapSettings, act: Act) -> MailboxView:
    """Fetch from there from now on, at once. Raises NotFound, Invalid."""
    box = await locked(mailbox_id)
    problems = _wrong(new)
    if problems:
        raise Invalid("The mailbox cannot be used", fields=tuple(problems))
    await rows.change(Mailbox, mailbox_id, paused_at=None, **await _settings(mailbox_id, new))
    await _at_once(box, act)
    await _note("mailbox.change", mailbox_id, act)
    return await queries.mailbox(mailbox_id)


async def believe(mailbox_id: UUID, new: NewReceivingServer, act: Act) -> MailboxView:
    """What this server writes of mails is believed from now on, of mails that come. Raises NotFound."""
    await locked(mailbox_id)
    await rows.change(Mailbox, mailbox_id, receiving_server=new.receiving_server.strip().lower())
    await _note("mailbox.change", mailbox_id, act)
    return await queries.mailbox(mailbox_id)


async def try_out(mailbox_id: UUID, act: Act) -> TriedOut:
    """Sign in at its server and open the folder, now, and say what came of it; no mail is taken. Raises NotFound, NoServer."""
    box = await locked(mailbox_id)
    if box["sealed"] is None:
        raise NoServer("Give it a server first")
    settings = await settings_of(box)
    await _note("mailbox.try", mailbox_id, act)
    async with step_outside():
        error = (await imap.try_out(settings)).error
    key = f"mailbox_error.{error}" if error else "mailbox_error.none"
    return TriedOut(not error, error, act.policy.title(key, act.language))


async def hold(mailbox_id: UUID, act: Act) -> MailboxView:
    """Leave its server alone; the door stays open. Raises NotFound, NoServer."""
    box = await locked(mailbox_id)
    if box["sealed"] is None:
        raise NoServer("Nothing is fetched: give it a server first")
    # Whatever turn is planned is not this one any more.
    paused = {"paused_at": box["paused_at"] or act.now, "next_at": None, "turn": box["turn"] + 1}
    await rows.change(Mailbox, mailbox_id, **paused)
    await _note("mailbox.pause", mailbox_id, act)
    return await queries.mailbox(mailbox_id)


async def go_on(mailbox_id: UUID, act: Act) -> MailboxView:
    """Fetch again, at once, from where it stood. Raises NotFound."""
    box = await locked(mailbox_id)
    if box["paused_at"] is not None:
        await rows.change(Mailbox, mailbox_id, paused_at=None)
        await _at_once(box, act)
    await _note("mailbox.resume", mailbox_id, act)
    return await queries.mailbox(mailbox_id)


async def fetch_now(mailbox_id: UUID, act: Act) -> MailboxView:
    """Have its server asked at once, however long it failed. Raises NotFound, NoServer, MailboxPaused."""
    box = await locked(mailbox_id)
    if box["paused_at"] is not None:
        raise MailboxPaused("Let it go on first")
    if box["sealed"] is None:
        raise NoServer("Give it a server first")
    await _at_once(box, act)
    await _note("mailbox.fetch", mailbox_id, act)
    return await queries.mailbox(mailbox_id)


async def remove(mailbox_id: UUID, act: Act) -> None:
    """Nothing is fetched and the door is shut; its settings are forgotten, its mails stay. Raises NotFound."""
    box = await locked(mailbox_id)
    await rows.change(
        Mailbox, mailbox_id, removed_at=act.now, sealed=None, secret=None, next_at=None, turn=box["turn"] + 1
    )
    await _note("mailbox.remove", mailbox_id, act)


async def locked(mailbox_id: UUID) -> asyncpg.Record:
    """One in use, nobody else's until the transaction ends. Raises NotFound."""
    return await rows.row_of(
        Mailbox, mailbox_id, "select * from mailbox where id = $1 and removed_at is null for update"
    )


async def secret_of(box: asyncpg.Record) -> str:
    """What signs mails at its door."""
    return keyring.unseal(await keyring.tenant_key(), _place(box["id"], "secret"), bytes(box["secret"]))


async def settings_of(box: asyncpg.Record) -> ImapSettings:
    """Its server, in clear for one fetch."""
    text = keyring.unseal(await keyring.tenant_key(), _place(box["id"], "sealed"), bytes(box["sealed"]))
    return msgspec.json.decode(text, type=ImapSettings)


async def plan(mailbox_id: UUID, turn: int, *, at: datetime, now: datetime) -> None:
    """Have it asked at that moment."""
    await enqueue(FetchMails(mailbox_id, turn), now=now, run_at=at)


def pause(failures: int) -> timedelta:
    """How long it is left alone after so many failures in a row."""
    return PAUSES[min(failures, len(PAUSES)) - 1]


async def _at_once(box: asyncpg.Record, act: Act) -> None:
    turn = box["turn"] + 1
    await rows.change(Mailbox, box["id"], turn=turn, next_at=act.now)
    await plan(box["id"], turn, at=act.now, now=act.now)


async def _settings(mailbox_id: UUID, new: ImapSettings) -> dict[str, Any]:
    text = msgspec.json.encode(new).decode()
    return {
        "sealed": keyring.seal(await keyring.tenant_key(), _place(mailbox_id, "sealed"), text),
        "shown": f"{new.username} · {new.host}:{new.port}"[:200],
        "failures": 0,
        "failing_since": None,
        "last_error": "",
    }


def _wrong(settings: ImapSettings) -> list[FieldError]:
    """What is wrong with them; an internal host is refused here, and again whatever its name leads to when it is called."""
    problems, allowed = [], rules().allows(settings.host, settings.port)
    if not _HOST.fullmatch(settings.host) or is_disguised(settings.host):
        problems.append(FieldError("imap.host", "a host name", value=settings.host))
    elif not allowed and not _public(settings.host):
        problems.append(FieldError("imap.host", "a public host", "internal addresses are not called", settings.host))
    if settings.ca and not imap.is_certificate(settings.ca):
        problems.append(FieldError("imap.ca", "a certificate in PEM", "copy it whole, with its first and last line"))
    if settings.tls == "none" and not allowed:
        problems.append(FieldError("imap.tls", "tls or starttls", "mail without TLS can be read on its way", "none"))
    return problems


def _public(host: str) -> bool:
    return is_public(host) if _ADDRESS.fullmatch(host) else "." in host.strip(".")


async def _note(action: str, mailbox_id: UUID, act: Act) -> None:
    await noted(action, act, subject="mailbox", subject_id=mailbox_id)


def _place(mailbox_id: UUID, column: str) -> Place:
    return Place("mailbox", column, mailbox_id)
