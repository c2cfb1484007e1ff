"""What an author of a pack begins with: a project that passes its own tests, and tests that notice when a rule is broken."""

import os
import subprocess
import sys

import pytest

from guibin.conformance.checks import plugin_in
from guibin.conformance.soundness import problems_of
from guibin.testing.projects import AlreadyThere, make
from guibin_tenants.refusals import Invalid


def run(folder, *words):
    """The project's own tests, in a process of their own."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:schemathesis", *words]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GUIBIN_", "PYTEST_"))}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=400, check=False
    )


def test_a_new_project_passes_its_own_tests_and_notices_what_is_broken(tmp_path):
    make("tea_house", tmp_path / "good")
    make("tea_house", tmp_path / "bad")
    code = tmp_path / "bad" / "guibin_tea_house" / "__init__.py"
    code.write_text(
        code.read_text(encoding="utf-8").replace('if "危险" in', 'if "火" in').replace("Hours(4)", "Hours(9)")
    )

    good, bad = run(tmp_path / "good"), run(tmp_path / "bad")

    assert (good.returncode, "4 passed" in good.stdout) == (0, True), good.stdout
    assert (bad.returncode, "2 failed, 2 passed" in bad.stdout) == (1, True), bad.stdout


def test_a_new_project_is_a_sound_pack(tmp_path):
    make("noodle_bar", tmp_path)

    name, plugin = plugin_in(tmp_path)

    assert (name, problems_of(name, plugin, beside={})) == ("noodle_bar", ())


@pytest.mark.parametrize("name", ["Tea", "tea-house", "", "9tea", "tea\n"])
def test_a_name_that_cannot_be_a_packs_is_refused(name, tmp_path):
    with pytest.raises(Invalid):
        make(name, tmp_path / "x")


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")

    with pytest.raises(AlreadyThere):
        make("tea_house", tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
