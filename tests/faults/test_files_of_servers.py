"""What the embedded servers leave on the disk is nobody else's, and neither lets anybody in without a password."""

import os
import stat
import tempfile
from pathlib import Path

import pytest
import redis

from guibin.operation import embedded


@pytest.fixture(scope="module")
def home():
    """A folder in a folder that the server's own user reaches, too."""
    with tempfile.TemporaryDirectory(prefix="guibin-home-") as folder:
        Path(folder).chmod(0o755)
        with embedded.running(Path(folder) / "home", settings=embedded.FORGETFUL) as servers:
            yield Path(folder) / "home", servers


def test_valkey_asks_for_its_password(home):
    _, servers = home
    nobody, port = redis.Redis.from_url("redis://" + servers.redis_url.rpartition("@")[2]), servers.redis_url

    with pytest.raises(redis.AuthenticationError):
        nobody.ping()
    assert redis.Redis.from_url(port).ping()


def test_the_password_stands_on_no_command_line(home):
    _, servers = home
    password = servers.redis_url.partition("://:")[2].partition("@")[0]

    lines = [Path(f"/proc/{pid}/cmdline").read_bytes().decode() for pid in (servers.valkey_pid, servers.postgres_pid)]

    assert (len(password), [line for line in lines if password in line]) == (48, [])


def test_nobody_else_reads_what_lies_there(home):
    folder, servers = home
    redis.Redis.from_url(servers.redis_url).set("a", "b")
    # Where the server is a user of its own, that one passes through the folder, and lists nothing.
    passed = 0o066 if os.geteuid() == 0 else 0o077

    below = [path for path in (*folder.iterdir(), *(folder / "valkey").rglob("*")) if not path.is_socket()]
    open_to_others = [str(path.relative_to(folder)) for path in below if path.stat().st_mode & 0o077]

    assert (folder.stat().st_mode & passed, len(below) > 5, open_to_others) == (0, True, [])
    assert stat.S_IMODE((folder / "valkey" / "valkey.conf").stat().st_mode) == 0o600
