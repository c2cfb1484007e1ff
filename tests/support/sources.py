"""The product's own sources, for what must hold wherever it is written."""

import ast
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

import guibin
import guibin_tenants

CORE, TENANTS = Path(guibin.__file__).parent, Path(guibin_tenants.__file__).parent
ROOT = CORE.parents[1]
PLUGINS = ROOT / "plugins"


def sources(but: Collection[str] = (), roots: Collection[Path] = (CORE, PLUGINS)) -> Iterator[tuple[Path, str]]:
    """Each file of the core and of the packs with its text, without the core's and packs' rooms named in `but`."""
    for root in roots:
        for path in sorted(root.rglob("*.py")):
            if path.relative_to(root).parts[0] not in but:
                yield path, path.read_text("utf-8")


@cache
def trees() -> dict[str, ast.Module]:
    """Each file of the product, tenants included, by where it stands."""
    return {str(path.relative_to(ROOT)): ast.parse(text) for path, text in sources(roots=(CORE, TENANTS, PLUGINS))}


def calls(node: ast.AST) -> Iterator[ast.Call]:
    """Every call within the node."""
    return (inner for inner in ast.walk(node) if isinstance(inner, ast.Call))
