"""`guibin pack new`: a project of a pack that passes its own tests at once."""

import re
from importlib.resources import files
from pathlib import Path

from guibin_tenants.refusals import Conflict, Invalid

_HOLDS = Path(str(files("guibin") / "testing" / "project"))
_NAME = re.compile(r"[a-z][a-z0-9_]{1,40}\Z")


class AlreadyThere(Conflict):
    """There is something in that folder."""


def make(name: str, folder: Path) -> list[Path]:
    """Write the project of a pack of this name; its files. Raises Invalid for a name that cannot be a pack's, AlreadyThere."""
    if not _NAME.match(name):
        raise Invalid.at("name", "small letters, digits and _", "such as airline_lounge", name)
    if folder.exists() and any(folder.iterdir()):
        raise AlreadyThere(str(folder))
    written = []
    for source in sorted(path for path in _HOLDS.rglob("*.txt")):
        target = folder / str(source.relative_to(_HOLDS)).removesuffix(".txt").replace("NAME", name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source.read_text(encoding="utf-8").replace("NAME", name), encoding="utf-8")
        written.append(target)
    return written
