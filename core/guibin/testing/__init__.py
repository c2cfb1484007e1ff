"""Testing a pack outside of the project: `pytest_plugins = ["guibin.testing"]` brings servers, companies, people and time.

`company` is one with the pack, made for the test, on a clock of its own; `client` a program that may do everything there; `staff`
people of it, one of each role; `clock` its time, which passes by `await clock.passes("4h")`; `story` each scenario of the pack.
"""

from .fixtures import (
    anyio_backend,
    client,
    clock,
    company,
    packs,
    pytest_addoption,
    pytest_generate_tests,
    staff,
    story,
    theatre,
)

__all__ = [
    "anyio_backend",
    "client",
    "clock",
    "company",
    "packs",
    "pytest_addoption",
    "pytest_generate_tests",
    "staff",
    "story",
    "theatre",
]
