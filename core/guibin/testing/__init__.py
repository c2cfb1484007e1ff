"""Testing a pack outside of the project: the pytest plugin that brings servers, companies, people and time.

`company` is one with the pack, made for the test, on a clock of its own; `client` a program that may do everything there; `staff`
people of it, one of each role; `clock` its time, which passes by `await clock.passes("4h")`; `story` each scenario of the pack.
"""

import pytest

from guibin.conformance.scenarios import OTHERWISE, THEN, scenarios_of

from . import fixtures
from .fixtures import folder_of, known_in


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--pack FOLDER`: where the pack is, the folder of the tests' configuration by default."""
    parser.addoption("--pack", metavar="FOLDER", default="", help="the pack's folder, by default where pytest runs")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `story` is run for both branches of every scenario of the pack."""
    if "story" in metafunc.fixturenames:
        name, known = known_in(folder_of(metafunc.config))
        folder = known.hooks_of((name,)).scenarios().get(name)
        told = [(one, branch) for one in scenarios_of(name, folder) for branch in (THEN, OTHERWISE)] if folder else []
        names = [f"{one.file}-{one.name}-{branch}" for one, branch in told]
        metafunc.parametrize("story", told, ids=names, indirect=True)


def pytest_configure(config: pytest.Config) -> None:
    """The fixtures come after those of the plugins that pytest found by itself: of two with one name the later holds."""
    config.pluginmanager.register(fixtures, "guibin.testing.fixtures")
