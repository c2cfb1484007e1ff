"""Packs that an operator looked at: each is known by the hash of its files, or signed by an author whom the operator names.

A file says so (GUIBIN_PACK_PINS); with it nothing of a pack is run before its files were found to be the ones that are meant.
"""

import base64
import hashlib
import importlib.util
import marshal
import os
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from msgspec import Struct

PINS = "GUIBIN_PACK_PINS"
# Lies beside the pack's own files, and is none of them.
SIGNATURE = "guibin-pack.sig"
_COMPILED = "__pycache__"


class NotPinned(Exception):
    """The pack is not one that the operator means: what about it, why, and what to do."""

    def __init__(self, place: str, rule: str, fix: str) -> None:
        super().__init__(f"{place} {rule} ({fix})")
        self.place, self.rule, self.fix = place, rule, fix


class Signer(Struct, frozen=True, forbid_unknown_fields=True):
    """An author whose signature is enough for these packs: an Ed25519 public key, its 32 bytes in base64."""

    key: str
    packs: tuple[str, ...]


class Pins(Struct, frozen=True, forbid_unknown_fields=True):
    """What the operator's file says: the SHA-256 of each pack's files by the pack's name, and who may sign packs."""

    packs: dict[str, str] = {}
    signers: dict[str, Signer] = {}


def asked() -> bool:
    """Whether the operator asks for it."""
    return bool(os.environ.get(PINS))


def read(path: Path) -> Pins:
    """What the operator's file says. Raises NotPinned when it cannot be read: then no pack is meant."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Pins)
    except (OSError, msgspec.MsgspecError) as error:
        said = " ".join(str(error).split())
        raise NotPinned(
            f"the operator's list of packs, {path},", f"cannot be read: {said}", "mend that file"
        ) from error


def write(path: Path, known: Pins) -> None:
    """Have the file say this, whole or not at all."""
    beside = path.with_name(f"{path.name}.new")
    beside.write_bytes(msgspec.json.format(msgspec.json.encode(known)) + b"\n")
    beside.replace(path)


def check(entry: EntryPoint) -> None:
    """Raises NotPinned for a pack whose files are not the pinned ones, nor signed by whom the operator named. Runs none of it."""
    known, home = read(Path(os.environ[PINS])), home_of(entry.module)
    found = digest_of(home)
    if known.packs.get(entry.name) != found and not _signed(entry.name, home, found, known):
        if entry.name in known.packs:
            raise NotPinned(
                "its files",
                f"are not the pinned ones: their SHA-256 is {found}",
                "look at them, then `guibin pack pin`",
            )
        raise NotPinned(
            "it", "is neither pinned nor signed by an author you named", "look at it, then `guibin pack pin`"
        )
    _refuse_other_code(home)


def home_of(module: str) -> Path:
    """The folder or file of the module's outermost package, which is not imported. Raises NotPinned when it is in none."""
    spec = importlib.util.find_spec(module.partition(".")[0])
    if spec is None or not spec.origin:
        raise NotPinned("it", "stands in no file", "install it as files")
    path = Path(spec.origin)
    return path.parent if spec.submodule_search_locations else path


def digest_of(home: Path) -> str:
    """SHA-256, as hex digits, over the lines of every file below: its own SHA-256, two blanks, its path; sorted by path. What
    Python compiled and the signature are left out."""
    lines = []
    for path in _files(home):
        named = path.relative_to(home.parent).as_posix()
        lines.append((named, f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {named}\n"))
    return hashlib.sha256("".join(line for _, line in sorted(lines)).encode()).hexdigest()


def sign(name: str, home: Path, key: bytes) -> str:
    """Sign the pack that lies there with an Ed25519 key in PEM's form; the public key as the operator's file wants it. Raises
    ValueError for another key."""
    loaded = load_pem_private_key(key, password=None)
    if not isinstance(loaded, Ed25519PrivateKey):
        raise ValueError("not an Ed25519 key")
    signature = loaded.sign(_statement(name, digest_of(home)))
    (home / SIGNATURE).write_text(base64.b64encode(signature).decode() + "\n", encoding="ascii")
    return base64.b64encode(loaded.public_key().public_bytes_raw()).decode()


def _signed(name: str, home: Path, digest: str, known: Pins) -> bool:
    signers = [each for each in known.signers.values() if name in each.packs]
    try:
        signature = base64.b64decode((home / SIGNATURE).read_text(encoding="ascii"), validate=False)
    except (OSError, ValueError):
        return False
    for signer in signers:
        try:
            key = Ed25519PublicKey.from_public_bytes(base64.b64decode(signer.key))
            key.verify(signature, _statement(name, digest))
        except (InvalidSignature, ValueError):
            continue
        return True
    return False


def _statement(name: str, digest: str) -> bytes:
    return f"guibin pack\n{name}\n{digest}\n".encode()


def _files(home: Path) -> Iterator[Path]:
    if home.is_file():
        yield home
        return
    for path in home.rglob("*"):
        if path.is_file() and _COMPILED not in path.relative_to(home).parts and path != home / SIGNATURE:
            yield path


def _refuse_other_code(home: Path) -> None:
    """What Python would run instead of a source is what the source says."""
    for source in _files(home):
        if source.suffix != ".py":
            continue
        compiled = Path(importlib.util.cache_from_source(str(source)))
        if not compiled.is_file():
            continue
        try:
            same = marshal.loads(compiled.read_bytes()[16:]) == compile(source.read_bytes(), str(source), "exec")
        except (EOFError, ValueError, TypeError, SyntaxError):
            same = False
        if not same:
            raise NotPinned(f"{_COMPILED}/{compiled.name}", "is not what its source says", f"remove that {_COMPILED}")
