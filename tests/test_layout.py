"""The folders stay folders: only the packages inside them are importable."""

from importlib.util import find_spec

import pytest


@pytest.mark.parametrize("folder", ["core", "tenants", "plugins"])
def test_a_folder_is_not_a_package(folder):
    assert find_spec(folder) is None
