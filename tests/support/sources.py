"""The product's own sources, for what must hold wherever it is written."""

import ast
from pathlib import Path

import guibin

CORE = Path(guibin.__file__).parent
ROOT = CORE.parents[1]
PLUGINS = ROOT / "plugins"


def sources(but=()):
    """Each file of the core and of the packs with its text, without the core's and packs' rooms named in `but`."""
    for root in (CORE, PLUGINS):
        for path in root.rglob("*.py"):
            if path.relative_to(root).parts[0] not in but:
                yield path, path.read_text("utf-8")


def calls(node):
    """Every call within the node."""
    return (inner for inner in ast.walk(node) if isinstance(inner, ast.Call))
