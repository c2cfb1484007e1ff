"""A real IMAP server: Debian's dovecot on loopback, in a folder of its own, as whoever runs the tests."""

import contextlib
import grp
import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from certificates import certificate

PROGRAM = shutil.which("dovecot") or ("/usr/sbin/dovecot" if Path("/usr/sbin/dovecot").exists() else "")
USER, PASSWORD = "vip", "right"
_STARTS_WITHIN_S = 20.0
_SETTINGS = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = {ssl}
{certificate}disable_plaintext_auth = no
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
mail_location = maildir:{folder}/mail/%u
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = uid={mail_user} gid={mail_group} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
"""


class ImapServer:
    """Where it listens, and mails put into it and taken away as people do."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port, self.folder = port, folder

    @property
    def certificate(self) -> str:
        """Its own, in PEM, without the key."""
        text = (self.folder / "both.pem").read_text()
        return text[: text.index("-----END CERTIFICATE-----")] + "-----END CERTIFICATE-----\n"

    def settings(self, **more: Any) -> dict[str, Any]:
        """As a mailbox takes them."""
        known = {"host": "127.0.0.1", "port": self.port, "tls": "none", "username": USER, "password": PASSWORD}
        return known | more

    @contextlib.contextmanager
    def signed_in(self) -> Iterator[imaplib.IMAP4]:
        """A connection of the mailbox's owner."""
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        client.login(USER, PASSWORD)
        try:
            yield client
        finally:
            client.logout()

    def deliver(self, *mails: bytes, folder: str = "INBOX") -> None:
        """Put mails into a folder."""
        with self.signed_in() as client:
            for raw in mails:
                answer = client.append(folder, "", None, raw)
                assert answer[0] == "OK", answer

    def unread(self) -> int:
        """How many nobody has looked at."""
        with self.signed_in() as client:
            client.select("INBOX", readonly=True)
            return len(client.search(None, "UNSEEN")[1][0].split())

    def number_anew(self) -> None:
        """The folder is made anew with the same mails: other numbers under another validity."""
        with self.signed_in() as client:
            client.select("INBOX", readonly=True)
            numbers = client.search(None, "ALL")[1][0].split()
            kept = [client.fetch(number.decode(), "(BODY.PEEK[])")[1][0][1] for number in numbers]
        shutil.rmtree(self.folder / "mail" / USER)
        time.sleep(1.1)  # the validity is a second
        self.deliver(*kept)


@contextlib.contextmanager
def imap_server(*, tls: bool = False) -> Iterator[ImapServer]:
    """One that runs for as long as this lasts; with `tls` it speaks STARTTLS under a certificate that it signed itself."""
    with tempfile.TemporaryDirectory(prefix="guibin-imap-") as name, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port, folder = free.getsockname()[1], Path(name)
        free.close()
        me, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
        root = os.getuid() == 0
        # Whoever is root serves mails as nobody, and the server's own parts as the users that it was installed with.
        mail_user, mail_group = (65534, 65534) if root else (os.getuid(), os.getgid())
        (folder / "mail").mkdir()
        folder.chmod(0o755)
        if root:
            os.chown(folder / "mail", mail_user, mail_group)
        (folder / "users").write_text(f"{USER}:{PASSWORD}\n")
        (folder / "users").chmod(0o644)
        (folder / "dovecot.conf").write_text(
            _SETTINGS.format(
                folder=folder,
                ssl="yes" if tls else "no",
                certificate=_own_certificate(folder) if tls else "",
                port=port,
                internal="dovecot" if root else me,
                group="dovecot" if root else group,
                login="dovenull" if root else me,
                mail_user=mail_user,
                mail_group=mail_group,
            )
        )
        process = subprocess.Popen([PROGRAM, "-F", "-c", str(folder / "dovecot.conf")])
        try:
            _wait(port, process, folder)
            yield ImapServer(port, folder)
        finally:
            process.terminate()
            process.wait(timeout=20)


def _own_certificate(folder: Path) -> str:
    certificate(folder, "mail.example", address="127.0.0.1")
    both = folder / "both.pem"
    both.chmod(0o644)
    return f"ssl_cert = <{both}\nssl_key = <{both}\n"


def _wait(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + _STARTS_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            imaplib.IMAP4("127.0.0.1", port, timeout=2).logout()
            return
        time.sleep(0.1)
    log = folder / "log"
    raise RuntimeError(f"dovecot did not start: {log.read_text() if log.exists() else 'no log'}")
