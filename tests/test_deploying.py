"""What `deploy` ships is what an operator can run: roles with least rights, units of commands that exist, settings that are known."""

import re
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import asyncpg
import pytest

from guibin.cli import COMMANDS
from guibin.operation import supervisor

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
ENVIRONMENTS = sorted(DEPLOY.glob("*.env"))
UNITS = sorted(DEPLOY.glob("*.service"))
SETTING = re.compile(r"^(GUIBIN_\w+)=", re.MULTILINE)


ROLES = ("app", "owner", "relay")
RIGHTS = """
select rolname, rolcanlogin, rolsuper or rolcreatedb or rolcreaterole or rolbypassrls or rolreplication
from pg_roles where rolname like $1 || '\\_%' order by 1
"""


async def test_the_roles_that_are_shipped_may_sign_in_and_nothing_else(servers):
    name = f"shipped_{uuid.uuid4().hex[:8]}"
    text = re.sub(r"--.*", "", (DEPLOY / "roles.sql").read_text(encoding="utf-8"))
    superuser = await asyncpg.connect(servers["superuser"])
    try:
        for statement in text.replace("guibin", name).split(";"):
            if statement.strip():
                await superuser.execute(statement)
        rights = await superuser.fetch(RIGHTS, name)
        owner = await superuser.fetchval("select pg_get_userbyid(datdba) from pg_database where datname = $1", name)
    finally:
        await superuser.execute(f"drop database if exists {name}")
        for role in ROLES:
            await superuser.execute(f"drop role if exists {name}_{role}")
        await superuser.close()

    assert [tuple(each) for each in rights] == [(f"{name}_{role}", True, False) for role in ROLES]
    assert owner == f"{name}_owner"
    # Those whom `migrate` gives what they need, by name.
    assert set(re.findall(r"create role (\w+)", text)) == {f"guibin_{role}" for role in ROLES}


@pytest.mark.parametrize("file", ENVIRONMENTS, ids=lambda file: file.name)
def test_every_setting_that_is_shipped_is_told_in_operating(file):
    told = set(re.findall(r"`(GUIBIN_\w+)`", (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")))
    settings = SETTING.findall(file.read_text(encoding="utf-8"))

    assert settings
    assert set(settings) <= told


def test_no_service_is_told_what_it_does_not_need():
    told = {file.name: set(SETTING.findall(file.read_text(encoding="utf-8"))) for file in ENVIRONMENTS}
    common = told["guibin.env"]

    for unit, command in (("guibin-api", "serve"), ("guibin-worker", "worker")):
        addresses = (common | told[f"{unit}.env"]) & set(supervisor.ADDRESSES)
        assert addresses == set(supervisor.NEEDS[command]), unit
    assert told["guibin-owner.env"] == {supervisor.OWNER}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_a_command_with_the_settings_that_are_shipped(unit, tmp_path):
    text = unit.read_text(encoding="utf-8")
    (command,) = re.findall(r"^ExecStart=\S+/guibin (\w+)", text, re.MULTILINE)
    files = re.findall(r"^EnvironmentFile=/etc/guibin/(\S+)", text, re.MULTILINE)

    assert command in COMMANDS
    assert {DEPLOY / file for file in files} <= set(ENVIRONMENTS)
    assert len(files) == 2
    if shutil.which("systemd-analyze"):
        (tmp_path / unit.name).write_text(text.replace("/opt/guibin/.venv/bin/guibin", sys.executable))
        said = subprocess.run(
            ["systemd-analyze", "verify", tmp_path / unit.name], capture_output=True, text=True, timeout=60
        )
        assert said.stderr == ""


def test_no_data_and_no_key_of_a_clone_goes_into_an_image():
    left_out = {line.strip("/") for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()}
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()

    assert {".git", ".venv", ".guibin"} <= left_out
    # What git ignores is of the clone, but for what is made for the image itself.
    made = {"core/guibin/console/_assets", "clients/python/guibin-client"}
    small = {"*.egg-info", ".import_linter_cache", "__pycache__"}
    assert {line.strip("/") for line in ignored} - left_out <= made | small
