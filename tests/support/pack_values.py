"""The packs that tests use: the installed ones, or, with `--without-packs`, no pack's code at all, only values as data.

With the option the packages of the packs cannot be imported and their entry points are gone, as on a machine where none is
installed; what the packs say was read beforehand, in a process of its own, as the JSON that every pack survives. So the core's
suite runs on the same regulations while the core can lean on nobody's code.
"""

import atexit
import importlib.abc
import json
import os
import subprocess
import sys
import tempfile
import types
from importlib.metadata import entry_points
from pathlib import Path

from guibin import hookimpl, packs
from guibin.packs import GROUP, Packs, installed
from guibin.policy.packs import Pack, decode_pack

# Names the file they stand in: they are longer than an environment variable may be.
VALUES = "GUIBIN_TEST_PACK_VALUES"
_PRINT = (
    "import json; from guibin.packs import Packs, installed; from guibin.policy.packs import encode_pack;"
    " found = Packs(installed());"
    " print(json.dumps({name: encode_pack(found.value(name)).decode() for name in found.names}))"
)


class Absent(importlib.abc.MetaPathFinder):
    """Whatever belongs to a pack is not there."""

    def __init__(self, packages: set[str]) -> None:
        self.packages = packages

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        if fullname.partition(".")[0] in self.packages:
            raise ModuleNotFoundError(f"no pack is installed: {fullname}", name=fullname)


def plugins() -> dict[str, object]:
    """What a run registers, by name."""
    if VALUES not in os.environ:
        return installed()
    values = json.loads(Path(os.environ[VALUES]).read_text())
    return {name: as_plugin(decode_pack(text)) for name, text in values.items()}


def all_packs() -> Packs:
    """Every pack of this run."""
    return Packs(plugins())


def as_plugin(value: Pack) -> types.SimpleNamespace:
    """A pack that has nothing but its value."""

    @hookimpl
    def pack() -> Pack:
        return value

    return types.SimpleNamespace(__name__=value.name, pack=pack)


def take_away() -> None:
    """From here on no pack is installed in this process, nor in those it starts for the test run."""
    if VALUES not in os.environ:
        done = subprocess.run([sys.executable, "-c", _PRINT], capture_output=True, text=True, check=True)
        handle, name = tempfile.mkstemp(prefix="guibin-pack-values-", suffix=".json")
        os.close(handle)
        atexit.register(Path(name).unlink, missing_ok=True)
        Path(name).write_text(done.stdout)
        os.environ[VALUES] = name
    packages = {entry.value.partition(":")[0].partition(".")[0] for entry in entry_points(group=GROUP)}
    loaded = {name for name in sys.modules if name.partition(".")[0] in packages}
    assert not loaded, f"the core has imported a pack: {sorted(loaded)}"
    sys.meta_path.insert(0, Absent(packages))
    packs.entry_points = lambda **_: ()  # type: ignore[assignment]  # the suite's own process only
