"""The folders stay folders, and what a slice defines is found."""

import ast
from importlib.util import find_spec
from pathlib import Path

import pytest

import guibin
from guibin.app import pages
from guibin.app.routes import CONTROLLERS
from guibin.catalog import TABLES

CORE = Path(guibin.__file__).parent


@pytest.mark.parametrize("folder", ["core", "tenants", "plugins"])
def test_a_folder_is_not_a_package(folder):
    assert find_spec(folder) is None


@pytest.mark.parametrize(
    ("base", "known"), [("Controller", (*CONTROLLERS, *pages.CONTROLLERS)), ("TenantTable", TABLES)]
)
def test_what_a_slice_defines_is_served_and_kept(base, known):
    """A controller or table whose module is in no list of slices would be there for nobody."""
    classes = {
        node.name: {ast.unparse(each) for each in node.bases}
        for path in CORE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    # What others are made of is served by them.
    shared = {name for name, bases in classes.items() if base in bases} & set().union(*classes.values())
    defined = {name for name, bases in classes.items() if bases & {base, *shared}} - shared

    assert defined
    assert defined <= {each.__name__ for each in known}
