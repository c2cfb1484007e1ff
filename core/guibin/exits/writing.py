"""The folder of a pack as it is written: every file with its size and hash in a manifest that is signed at the end.

It is written beside where it is to be and takes its name when it is whole: whoever finds it under its name finds all of it.
"""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from guibin.evidence.verify import EXIT, EXIT_FORMAT, MANIFEST, canonical, encoded
from guibin.watch.failpoints import reach

from .refusals import NoPlace

# Where a system allows 255 bytes for a name.
NAME_BYTES_MAX = 200
UNFINISHED = ".unfinished"


class Folder:
    """A pack in the making. `files` and `bytes` count what is in it by now."""

    def __init__(self, place: Path, head: dict[str, Any]) -> None:
        """Raises NoPlace."""
        refuse_taken(place)
        self.place, self.root = place, place.with_name(f"{place.name}{UNFINISHED}")
        # What an earlier try left is of no use: its rows are of another moment.
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir(mode=0o700)
        self.files, self.bytes, self._whole = 0, 0, hashlib.sha256()
        self._manifest = (self.root / MANIFEST).open("wb")
        self._line({"exit_pack": EXIT_FORMAT, **head})

    @contextlib.contextmanager
    def file(self, name: str) -> Iterator[Callable[[bytes], None]]:
        """Write a file of this name, piece by piece; in the manifest once it is whole."""
        path, digest, size = self.root / name, hashlib.sha256(), 0
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:

            def write(content: bytes) -> None:
                nonlocal size
                file.write(content)
                digest.update(content)
                size += len(content)

            yield write
            file.flush()
            os.fsync(file.fileno())
        self.files, self.bytes = self.files + 1, self.bytes + size
        self._line({"path": name, "bytes": size, "sha256": digest.hexdigest()})

    def write(self, name: str, content: bytes) -> None:
        """A whole file."""
        with self.file(name) as write:
            write(content)

    def finish(self, private: Ed25519PrivateKey) -> str:
        """Sign the manifest and give the folder its name; the manifest's hash."""
        self._line({"signature": encoded(private.sign(EXIT + self._whole.digest()))})
        self._manifest.flush()
        os.fsync(self._manifest.fileno())
        self._manifest.close()
        reach("exit.signed")
        with contextlib.suppress(FileNotFoundError):
            self.place.rmdir()
        self.root.rename(self.place)
        return self._whole.hexdigest()

    def give_up(self) -> None:
        """Leave nothing."""
        self._manifest.close()
        shutil.rmtree(self.root, ignore_errors=True)

    def _line(self, content: dict[str, Any]) -> None:
        line = canonical(content) + b"\n"
        self._whole.update(line)
        self._manifest.write(line)


def refuse_taken(place: Path) -> None:
    """Raises NoPlace."""
    if place.is_dir() and not any(place.iterdir()):
        return
    if place.exists() or place.is_symlink():
        raise NoPlace(f"{place} is there already: name a folder that is not, or an empty one")
    if not place.parent.is_dir() or not os.access(place.parent, os.W_OK):
        raise NoPlace(f"{place.parent} is no folder that may be written: make it, or name another")


def short(name: str) -> str:
    """The name as any system takes it: with its ending, and no longer than it may be."""
    stem, dot, ending = name.rpartition(".")
    if not dot:
        stem, ending = name, ""
    kept = NAME_BYTES_MAX - len(f"{dot}{ending}".encode())
    return f"{stem.encode()[:kept].decode(errors='ignore')}{dot}{ending}"
