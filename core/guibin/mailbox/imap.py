"""Fetching from a mailbox's server by IMAP: over a connection to a checked address, bounded in number, size and time.

Blocking, as the library is: on a thread of its own, never on the event loop. Nothing on the server is changed or marked.
"""

from __future__ import annotations

import asyncio
import contextlib
import imaplib
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any

import httpx
from imap_tools import BaseMailBox, ImapToolsError
from msgspec import Struct

from guibin.outbound.targets import NotReachable, rules

from .checking import MAIL_BYTES_MAX, Reading, read, too_large
from .requests import ImapSettings

MAILS_MAX, FETCH_BYTES_MAX = 20, 40 * 1024 * 1024
TIMEOUT_S, FETCH_WITHIN_S = 15.0, 45.0


class Fetched(Struct, frozen=True):
    """A mail and its number on the server."""

    uid: int
    reading: Reading


class Catch(Struct, frozen=True):
    """What came of a fetch: mails in the server's order, under its `uid_validity`; `more` wait there. Or a word for why not."""

    uid_validity: int = 0
    mails: tuple[Fetched, ...] = ()
    more: bool = False
    error: str = ""


class _Bounded:
    """Reads no more than a mail may have, whatever the server announces."""

    def read(self, size: int) -> bytes:
        if size > MAIL_BYTES_MAX + 65_536:
            raise imaplib.IMAP4.abort("more than was asked for")
        return super().read(size)  # type: ignore[misc,no-any-return]  # imaplib's


class _Plain(_Bounded, imaplib.IMAP4):
    def __init__(self, address: str, host: str, port: int) -> None:
        self._address = address
        super().__init__(host, port, TIMEOUT_S)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return socket.create_connection((self._address, self.port), timeout)


class _Tls(_Bounded, imaplib.IMAP4_SSL):
    def __init__(self, address: str, host: str, port: int, context: ssl.SSLContext) -> None:
        self._address = address
        super().__init__(host, port, ssl_context=context, timeout=TIMEOUT_S)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        connected = socket.create_connection((self._address, self.port), timeout)
        # By the name that was asked for, not by the address that was called.
        wrapped: socket.socket = self.ssl_context.wrap_socket(connected, server_hostname=self.host)
        return wrapped


class _Box(BaseMailBox):
    def __init__(self, settings: ImapSettings, address: str) -> None:
        self.settings, self.address = settings, address
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        host, port = self.settings.host, self.settings.port
        if self.settings.tls == "tls":
            return _Tls(self.address, host, port, believing(self.settings.ca))
        client = _Plain(self.address, host, port)
        if self.settings.tls == "starttls":
            client.starttls(believing(self.settings.ca))
        return client


def believing(ca: str) -> ssl.SSLContext:
    """Who is believed to be the server: whoever a public authority vouches for, or with a `ca` nobody but whom that one does."""
    return ssl.create_default_context(cadata=ca) if ca.strip() else httpx.create_ssl_context()


def is_certificate(ca: str) -> bool:
    """Whether this is one, or several, in PEM."""
    try:
        believing(ca)
    except (ssl.SSLError, ValueError):
        return False
    return "-----BEGIN CERTIFICATE-----" in ca


async def try_out(settings: ImapSettings) -> Catch:
    """Sign in and open the folder; no mail is asked for. Never raises for what the server does. Raises WaitsInside in a transaction."""
    return await _asked(settings, lambda session: session.look())


async def fetch(settings: ImapSettings, *, uid_validity: int | None, after: int) -> Catch:
    """The next mails after that number. Never raises for what the server does. Raises WaitsInside in a transaction."""
    return await _asked(settings, lambda session: session.fetch(uid_validity, after))


async def _asked(settings: ImapSettings, what: Callable[[_Session], Catch]) -> Catch:
    try:
        addresses = await rules().addresses(settings.host, settings.port)
    except NotReachable as error:
        return Catch(error=error.why)
    try:
        async with asyncio.timeout(FETCH_WITHIN_S + TIMEOUT_S):
            return await asyncio.to_thread(_in_session, settings, addresses[0], what)
    except TimeoutError:
        return Catch(error="timeout")


def _in_session(settings: ImapSettings, address: str, what: Callable[[_Session], Catch]) -> Catch:
    try:
        with contextlib.closing(_Session(_Box(settings, address))) as session:
            return what(session)
    except ssl.SSLError:
        return Catch(error="tls")
    except TimeoutError:
        return Catch(error="timeout")
    except ImapToolsError as error:
        return Catch(error="not_signed_in" if "Login" in type(error).__name__ else "refused")
    except imaplib.IMAP4.error as error:
        return Catch(error="not_signed_in" if "AUTHENTICATION" in str(error).upper() else "refused")
    except OSError:
        return Catch(error="not_reached")
    except (ValueError, LookupError, TypeError, AttributeError):
        # An answer that is none.
        return Catch(error="broken")


class _Session:
    """One connection to a server, for one fetch."""

    def __init__(self, box: _Box) -> None:
        self.box, self.until = box, time.monotonic() + FETCH_WITHIN_S
        self.box.login(box.settings.username, box.settings.password, initial_folder=None)

    def close(self) -> None:
        with contextlib.suppress(ImapToolsError, imaplib.IMAP4.error, OSError):
            self.box.client.shutdown()

    def look(self) -> Catch:
        self.box.folder.set(self.box.settings.folder, readonly=True)
        return Catch()

    def fetch(self, uid_validity: int | None, after: int) -> Catch:
        folder = self.box.settings.folder
        self.box.folder.set(folder, readonly=True)
        validity = int(self.box.folder.status(folder, ["UIDVALIDITY"])["UIDVALIDITY"])
        # Another validity: the numbers mean other mails now, and what came before is known by its Message-ID.
        begin = after if validity == uid_validity else 0
        waiting = sorted(uid for uid in map(int, self.box.uids(f"UID {begin + 1}:*")) if uid > begin)
        mails: list[Fetched] = []
        taken = 0
        for uid in waiting[:MAILS_MAX]:
            size = self._size(uid)
            if mails and (taken + size > FETCH_BYTES_MAX or time.monotonic() > self.until):
                break
            raw = None if size > MAIL_BYTES_MAX else self._raw(uid)
            taken += size
            mails.append(Fetched(uid, too_large(f"{validity}/{uid}") if raw is None else read(raw)))
        return Catch(validity, tuple(mails), len(mails) < len(waiting))

    def _size(self, uid: int) -> int:
        said = _bytes(self.box.client.uid("fetch", str(uid), "(RFC822.SIZE)")[1])
        digits = said.partition(b"RFC822.SIZE")[2].strip().split(b")")[0].split()
        return int(digits[0]) if digits and digits[0].isdigit() else 0

    def _raw(self, uid: int) -> bytes | None:
        answered = self.box.client.uid("fetch", str(uid), "(BODY.PEEK[])")[1]
        return next((each[1] for each in answered if isinstance(each, tuple)), None)


def _bytes(answered: Any) -> bytes:
    return b" ".join(
        each if isinstance(each, bytes) else b" ".join(each) for each in answered if isinstance(each, bytes | tuple)
    )
