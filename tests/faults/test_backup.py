"""A backup of the embedded database, whole: to its end and to a moment; who was erased stays erased, and the log is verified."""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from guibin.operation import embedded

WITHIN_S = 240
INSIDE = """
import asyncio
from guibin.cli import environment
from guibin.evidence import actions as evidence
from guibin.profiles import actions as profiles
from guibin.profiles.requests import NewCustomer
from guibin_tenants.scope import fetch_value, execute
async def main():
    async with environment.inside("one") as session:
        {}
asyncio.run(main())
"""
BEGIN = """for number in ("A1", "A2"):
            new = NewCustomer(number=number, name="王建国", kind="leader", confidential={"mobile": "13800138000"})
            await profiles.open_archive(new, session.act)
        await evidence.sequence(session.act)"""
ERASE = """await profiles.erase(await fetch_value("select id from customer where number = 'A1'"), session.act)
        await evidence.sequence(session.act)"""
TELL = """print(await fetch_value("select count(*) from subject_key"), await fetch_value(
            "select string_agg(number || ' ' || (erased_at is null), ', ' order by number) from customer"),
            await fetch_value("select count(*) from sealed_value"))"""


# As two operators: who somebody is says the kernel, which knows of one here.
AS = (
    "import sys; from guibin.cli import environment, main; name = sys.argv.pop(1);"
    " environment.person = lambda: environment.operator(name); main()"
)
DUE = """
import asyncio
from guibin.cli import environment
async def main():
    async with environment.owner("left") as owner:
        await owner.execute(
            "update tenant set purge = jsonb_set(purge, '{due_at}', to_jsonb(now() - interval '1 hour')) where slug = 'left'"
        )
asyncio.run(main())
"""


class Home:
    """A GUIBIN_HOME, and what is typed there."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, *words, code=0):
        return self._run([sys.executable, "-m", "guibin.cli", *map(str, words)], code)

    def inside(self, statement):
        return self._run([sys.executable, "-c", INSIDE.format(statement)], 0)

    def by(self, name, *words):
        return self._run([sys.executable, "-c", AS, name, *map(str, words)], 0)

    def program(self, text):
        return self._run([sys.executable, "-c", text], 0)

    def _run(self, words, code):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GUIBIN_")}
        environment |= {"GUIBIN_HOME": str(self.folder), "GUIBIN_FILES_STORE": f"file://{self.folder.parent}/store"}
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=WITHIN_S, check=False)
        assert done.returncode == code, (words, done.stdout, done.stderr)
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def place():
    """A folder that the server's own user reaches, too."""
    with tempfile.TemporaryDirectory(prefix="guibin-backup-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
        for home in Path(folder).iterdir():
            if embedded.set_up(home):
                embedded.stop(home)


@pytest.fixture(scope="module")
def moment(place):
    """A backup of two companies, in which a customer and the other company were erased after this moment."""
    home, backup = Home(place / "home"), place / "backup"
    # Up all the while, as it is where people work.
    home.folder.mkdir()
    embedded.start(home.folder)
    home("migrate")
    for slug in ("one", "gone"):
        home("tenant", "create", slug, "--pack", "cable_tv")
    home.inside(BEGIN)
    (place / "store").mkdir()
    (place / "store" / "first").write_bytes(b"sealed")
    assert "Written: base " in home("backup", backup)
    home("tenant", "suspend", "gone", "--because", "合同到期")
    time.sleep(11)
    between = datetime.now(UTC)
    time.sleep(1)
    home("tenant", "erase", "gone", "--yes", "gone")
    home.inside(ERASE)
    (place / "store" / "second").write_bytes(b"sealed too")
    assert "the WAL since the last time, 1 new files, checkpoints of 1 companies" in home("backup", backup, "--wal")
    return between


def restored(place, name, *words, code=0, of="backup"):
    home = Home(place / name)
    home.folder.mkdir()
    (home.folder / "root.key").write_bytes((place / "home" / "root.key").read_bytes())
    said = home("restore", place / of, *words, code=code)
    if code == 0:
        embedded.start(home.folder)
    return home, said


def test_all_of_it_comes_back_with_what_was_erased_gone_and_the_log_as_it_was_signed(place, moment):
    home, said = restored(place, "all")

    assert "one: its log of " in said
    assert "agrees with its checkpoints\n" in said
    assert "erased again" not in said
    assert home.inside(TELL).split("\n")[0] == "1 A1 false, A2 true 1"
    assert "FAIL" not in home("doctor")
    assert sorted(each.name for each in (home.folder / "files").iterdir()) == ["first", "second"]
    passwords = [json.loads((place / each / "passwords.json").read_text()) for each in ("home", "all")]
    assert not set(passwords[0].values()) & set(passwords[1].values())


def test_a_moment_comes_back_and_whoever_was_erased_since_is_erased_again(place, moment):
    home, said = restored(place, "moment", "--until", moment.isoformat())

    assert "later ones are not in this backup; 1 customers erased again" in said
    assert "gone: erased again" in said
    assert home.inside(TELL).split("\n")[0] == "1 A1 false, A2 true 1"
    assert "FAIL" not in home("doctor")
    assert "agrees with its log" in home("audit", "verify", "one")


def test_a_log_that_is_not_what_was_signed_is_said(place, moment):
    kept = place / "backup" / "kept.json"
    before = kept.read_text()
    found = json.loads(before)
    (company,) = found["checkpoints"]
    text, gap, signature = found["checkpoints"][company].partition("\n\n")
    origin, size, _ = text.split("\n")
    found["checkpoints"][company] = "\n".join((origin, size, base64.b64encode(bytes(32)).decode())) + gap + signature
    kept.write_text(json.dumps(found))
    try:
        _, said = restored(place, "forged", code=1)
    finally:
        kept.write_text(before)

    assert "that you hold is signed by another key" in said


def test_a_damaged_checkpoint_or_list_of_them_is_said_in_a_sentence(place, moment):
    kept = place / "backup" / "kept.json"
    before = kept.read_text()
    found = json.loads(before)
    (company,) = found["checkpoints"]
    found["checkpoints"][company] = found["checkpoints"][company][:-20]
    kept.write_text(json.dumps(found))
    try:
        _, damaged = restored(place, "damaged", code=1)
        kept.write_text(before[:-20])
        home, cut = restored(place, "cut", code=1)
    finally:
        kept.write_text(before)

    assert "the checkpoint that you hold is damaged, it is no signed note: 'guibin/" in damaged
    assert "kept.json is damaged, take another copy of it" in cut
    assert "Traceback" not in damaged + cut
    assert not (home.folder / "postgres").exists()


def test_no_key_and_no_password_is_in_it(place, moment):
    secrets = [
        (place / "home" / "root.key").read_text().strip(),
        *json.loads((place / "home" / "passwords.json").read_text()).values(),
    ]
    files = [each for each in (place / "backup").rglob("*") if each.is_file()]

    found = {each.name for each in files if any(secret.encode() in each.read_bytes() for secret in secrets)}

    assert len(files) > 1_000
    assert found == set()


def test_where_something_is_and_beyond_the_backup_nothing_is_done(place, moment):
    # Somebody else's folder is no base, and does not stand in the way.
    (place / "backup" / "base" / "lost+found").mkdir(exist_ok=True)
    full = Home(place / "home")("restore", place / "backup", code=1)
    home, late = restored(place, "late", "--until", "2090-01-01", code=1)
    _, early = restored(place, "early", "--until", "2020-01-01", code=1)

    assert "is not empty: restore into another GUIBIN_HOME" in full
    assert "recovery ended before configured recovery target was reached" in late
    assert "a moment after the first base backup" in early
    assert [each.name for each in home.folder.iterdir()] == ["root.key"]


@pytest.mark.parametrize(("key", "says"), [(None, "there is no root key"), (b"\x09" * 32, "does not open")])
def test_without_its_root_key_nothing_is_left_that_somebody_might_start(place, moment, key, says):
    home = Home(place / f"key-{key is None}")
    home.folder.mkdir()
    if key is not None:
        (home.folder / "root.key").write_bytes(base64.b64encode(key))

    said = home("restore", place / "backup", code=1)

    assert says in said
    assert {each.name for each in home.folder.iterdir()} & {"postgres", "files", "passwords.json"} == set()


def test_a_purged_company_is_purged_again_and_a_folder_that_was_not_named_says_that_it_does_not_know(place, moment):
    home, pack, certificate = Home(place / "home"), place / "pack", place / "left.cert"
    home("tenant", "create", "left", "--pack", "cable_tv")
    home("tenant", "freeze", "left", "--because", "合同终止")
    home("tenant", "exit", "left", "--to", pack, "--purpose", "合同到期，移交数据")
    home.by("alice", "tenant", "purge", "ask", "left", "--pack", pack, "--because", "合同终止")
    home("backup", place / "named")
    shutil.copytree(place / "named", place / "unnamed")
    home.program(DUE)
    confirm = ("tenant", "purge", "confirm", "left", "--certificate", certificate, "--yes", "left")
    home.by("bob", *confirm, "--backup", place / "named")

    again, said = restored(place, "purged", of="named")
    again("tenant", "purge", "show", "left", "--certificate", place / "again.cert")
    refused = again("tenant", "thaw", "left", code=1)
    embedded.stop(again.folder)
    _, unknown = restored(place, "unknown", of="unnamed")

    assert "left: was purged, and is erased again" in said
    assert (place / "again.cert").read_bytes() == certificate.read_bytes()
    assert "left" in refused
    assert "left: operator alice asked on" in unknown
    assert "this backup does not tell" in unknown
