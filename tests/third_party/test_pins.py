"""Packs whose files the operator looked at: others do not start, nor is a line of theirs run, and all else goes on."""

import base64
import json
import marshal
import os
import shutil
import subprocess
import sys
from importlib.util import cache_from_source
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

HERE = Path(__file__).parent
# One that is asked about without any of it being run says so in a file.
RAN = "\nfrom pathlib import Path as _P\n_P(__file__).parents[1].joinpath('ran').touch()\n"


class Place:
    """An installation of the lounge beside the product's own packs, and the operator's list."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.pins = folder, folder / "pins.json"
        self.home = folder / "site" / "guibin_airline_lounge"
        shutil.copytree(HERE / self.home.name, self.home, ignore=shutil.ignore_patterns("__pycache__"))
        info = self.home.parent / "guibin_airline_lounge-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: guibin-airline-lounge\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[guibin.packs]\nairline_lounge = guibin_airline_lounge\n")
        (self.home / "__init__.py").write_text((self.home / "__init__.py").read_text() + RAN)

    def ran(self) -> bool:
        """Whether any of it was run since the last time."""
        mark = self.home.parent / "ran"
        found = mark.exists()
        mark.unlink(missing_ok=True)
        return found

    def guibin(self, *words: str, pinned: bool = True) -> subprocess.CompletedProcess[str]:
        """The command, as the operator types it."""
        environment = (
            os.environ
            | {"PYTHONPATH": str(self.home.parent)}
            | ({"GUIBIN_PACK_PINS": str(self.pins)} if pinned else {})
        )
        asked = [sys.executable, "-c", "from guibin.cli import main; main()", *words]
        return subprocess.run(asked, env=environment, capture_output=True, text=True, timeout=120, check=False)

    def health(self) -> dict[str, list[str]]:
        """What is wrong with each pack."""
        done = self.guibin("pack", "list", "--health", "--json")
        return {one["name"]: [f"{p['place']} {p['rule']}" for p in one["problems"]] for one in json.loads(done.stdout)}


@pytest.fixture
def place(tmp_path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def key(tmp_path):
    """An author's, and the file that holds it."""
    made, file = Ed25519PrivateKey.generate(), tmp_path / "author.pem"
    file.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made, file


def test_what_was_pinned_starts_and_what_was_exchanged_since_is_put_aside_unread(place):
    pinned = place.guibin("pack", "pin")
    place.ran()
    sound = place.health()
    ran = place.ran()
    (place.home / "texts" / "zh.toml").write_text((place.home / "texts" / "zh.toml").read_text() + "\n# 改\n")
    changed, ran_after = place.health(), place.ran()

    assert pinned.returncode == 0, pinned.stderr
    assert set(json.loads(place.pins.read_bytes())["packs"]) == set(sound)
    assert not any(sound.values())
    assert (ran, ran_after) == (True, False)
    assert "are not the pinned ones" in changed.pop("airline_lounge")[0]
    assert changed
    assert not any(changed.values()), "all other packs go on"


def test_one_that_nobody_looked_at_is_put_aside(place):
    place.guibin("pack", "pin", "banking")
    place.ran()

    found = place.health()

    assert found["banking"] == []
    assert found["airline_lounge"] == ["it is neither pinned nor signed by an author you named"]
    assert not place.ran()


def test_other_code_beside_its_source_is_found(place):
    place.guibin("pack", "pin")
    source = place.home / "__init__.py"
    compiled = Path(cache_from_source(str(source)))
    compiled.parent.mkdir(exist_ok=True)
    of = source.stat()
    head = compiled.read_bytes()[:16] if compiled.exists() else b""
    head = head or (b"\0" * 8 + int(of.st_mtime).to_bytes(4, "little") + of.st_size.to_bytes(4, "little"))
    compiled.write_bytes(head + marshal.dumps(compile("print('something else')", str(source), "exec")))

    (problem,) = place.health()["airline_lounge"]

    assert problem == f"__pycache__/{compiled.name} is not what its source says"


@pytest.mark.parametrize("said", ["", "{", '{"packs": {"airline_lounge": 1}}', '{"pins": {}}'])
def test_a_list_that_cannot_be_read_lets_no_pack_start(place, said):
    place.pins.write_text(said)

    found = place.health()

    assert found
    assert all("cannot be read" in problems[0] for problems in found.values())


def test_a_pack_whose_import_fails_is_not_signed_and_its_fault_is_said(place, key):
    _, file = key
    init = place.home / "__init__.py"
    init.write_text("import nothing_there\n")

    signed = place.guibin("pack", "sign", str(place.home), "--key", str(file), pinned=False)

    assert (signed.returncode, signed.stdout) == (1, "")
    assert signed.stderr.splitlines() == [
        "error: pack 'airline_lounge', __init__.py:1: its import raises ModuleNotFoundError: No module named"
        " 'nothing_there' (mend that line)"
    ]
    assert [one.name for one in place.home.glob("*.sig*")] == []


def test_an_authors_signature_is_enough_for_the_packs_that_the_operator_names(place, key):
    made, file = key
    public = base64.b64encode(made.public_key().public_bytes_raw()).decode()
    signed = place.guibin("pack", "sign", str(place.home), "--key", str(file), pinned=False)
    named = {"packs": {}, "signers": {"lounges": {"key": public, "packs": ["airline_lounge"]}}}
    found = []
    for signers, touched in (
        (named, False),
        (named, True),
        ({"signers": {"lounges": {"key": public, "packs": ["banking"]}}}, False),
    ):
        place.pins.write_text(json.dumps(signers))
        text = (place.home / "__init__.py").read_text()
        (place.home / "__init__.py").write_text(text + "\n# more\n" * touched)
        found.append(place.health()["airline_lounge"])
        (place.home / "__init__.py").write_text(text)

    assert signed.returncode == 0, signed.stderr
    assert f"public key: {public}" in signed.stdout
    assert [bool(each) for each in found] == [False, True, True]


def test_pinning_keeps_what_else_the_list_says(place, key):
    signers = {"lounges": {"key": "AA==", "packs": ["x"]}}
    place.pins.write_text(json.dumps({"packs": {"gone": "0"}, "signers": signers}))

    unknown = place.guibin("pack", "pin", "nonsense")
    done = place.guibin("pack", "pin", "airline_lounge")
    again = place.guibin("pack", "pin", "airline_lounge")
    kept = json.loads(place.pins.read_bytes())
    nowhere = place.guibin("pack", "pin", pinned=False)

    assert (unknown.returncode, "nonsense" in unknown.stderr) == (1, True)
    assert "now pinned" in done.stdout
    assert "as before" in again.stdout
    assert (kept["signers"], sorted(kept["packs"])) == (signers, ["airline_lounge", "gone"])
    assert (nowhere.returncode, "GUIBIN_PACK_PINS" in nowhere.stderr) == (1, True)
