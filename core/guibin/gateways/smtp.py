"""Mail through a company's own SMTP server, over a connection to a checked address."""

import asyncio
import re
import socket
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Annotated, Literal

import aiosmtplib
import httpx
from msgspec import Meta, Struct

from guibin.outbound.addresses import is_disguised
from guibin.outbound.targets import NotReachable, rules
from guibin.policy.words import OneLine
from guibin_tenants.refusals import FieldError

from .lines import one_line
from .providers import TIMEOUT_S, Outcome, Parcel, Provider

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.:-]*[A-Za-z0-9])?")
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z0-9-]{2,60}")


class SmtpSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`tls` from the first byte (465), after `starttls` (587), or none where the operator allows the host."""

    host: OneLine
    sender: OneLine
    port: Annotated[int, Meta(ge=1, le=65_535)] = 465
    tls: Literal["tls", "starttls", "none"] = "tls"
    username: OneLine = ""
    password: OneLine = ""
    sender_name: OneLine = ""


def wrong(settings: SmtpSettings) -> list[FieldError]:
    """What is wrong with them."""
    problems = []
    if not _HOST.fullmatch(settings.host) or is_disguised(settings.host):
        problems.append(FieldError("settings.host", "a host name", value=settings.host))
    if not is_address(settings.sender):
        problems.append(FieldError("settings.sender", "a mail address", value=settings.sender))
    if settings.tls == "none" and not rules().allows(settings.host, settings.port):
        problems.append(
            FieldError("settings.tls", "tls or starttls", "mail without TLS can be read on its way", "none")
        )
    return problems


def is_address(text: str) -> bool:
    """Whether it can be a mail address. A line break in one would be a second header."""
    return len(text) <= 254 and _ADDRESS.fullmatch(text) is not None


def shown(settings: SmtpSettings) -> str:
    """Where it sends and as whom."""
    return f"{settings.sender} · {settings.host}:{settings.port}"


async def send(settings: SmtpSettings, parcel: Parcel) -> Outcome:
    """Never raises for what the server does. A refusal of the server's for good is final. Raises WaitsInside."""
    if not is_address(parcel.to):
        return Outcome("bad_address", final=True)
    try:
        async with asyncio.timeout(TIMEOUT_S):
            await _send(settings, parcel)
    except NotReachable as error:
        return Outcome(error.why)
    except aiosmtplib.SMTPAuthenticationError:
        return Outcome("not_signed_in")
    except aiosmtplib.SMTPRecipientsRefused as refused:
        final = all(500 <= one.code < 600 for one in refused.recipients)
        return Outcome("recipient_refused", final=final)
    except aiosmtplib.SMTPResponseException as error:
        return Outcome(f"smtp_{error.code}", final=500 <= error.code < 600)
    except (TimeoutError, aiosmtplib.SMTPTimeoutError):
        return Outcome("timeout")
    except ssl.SSLError:
        return Outcome("tls")
    except (aiosmtplib.SMTPException, OSError):
        return Outcome("not_reached")
    except ValueError:
        # Texts that no mail can be made of, today and tomorrow.
        return Outcome("not_a_mail", final=True)
    return Outcome()


def letter(settings: SmtpSettings, parcel: Parcel) -> EmailMessage:
    """The mail. Its Message-ID is the message's own, the same if it has to be sent again."""
    mail = EmailMessage()
    local, _, domain = settings.sender.partition("@")
    mail["From"] = Address(one_line(settings.sender_name), local, domain)
    mail["To"] = parcel.to
    mail["Subject"] = one_line(parcel.title)
    mail["Message-ID"] = f"<{parcel.message_id}@{domain}>"
    if parcel.thread:
        # Somebody wrote it: it is no machine's.
        mail["In-Reply-To"] = parcel.thread[-1]
        mail["References"] = " ".join(parcel.thread)
    else:
        mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(parcel.text)
    for name, content in parcel.files.items():
        # As bytes: a signed text must come out of it as it went in.
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return mail


async def _send(settings: SmtpSettings, parcel: Parcel) -> None:
    client = aiosmtplib.SMTP(
        hostname=settings.host,
        local_hostname=settings.sender.partition("@")[2],
        sock=await _connected(settings.host, settings.port),
        use_tls=settings.tls == "tls",
        start_tls=settings.tls == "starttls",
        tls_context=httpx.create_ssl_context() if settings.tls != "none" else None,
        username=settings.username or None,
        password=settings.password or None,
        timeout=TIMEOUT_S,
    )
    try:
        await client.connect()
        await client.send_message(letter(settings, parcel), sender=settings.sender, recipients=[parcel.to])
    finally:
        # Without the farewell: a server that does not answer it would be waited for once more.
        client.close()


async def _connected(host: str, port: int) -> socket.socket:
    # As for webhooks: resolved once, every address checked, and the checked one called.
    loop, addresses = asyncio.get_running_loop(), await rules().addresses(host, port)
    for number, address in enumerate(addresses, start=1):
        connection = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        connection.setblocking(False)
        try:
            await loop.sock_connect(connection, (address, port))
        except OSError:
            connection.close()
            if number == len(addresses):
                raise
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise NotReachable("name_unknown")


SMTP = Provider(SmtpSettings, wrong, shown, send)
