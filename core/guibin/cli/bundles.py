"""`guibin bundle`: a company's own policy and scripts as one file, compared and taken in elsewhere."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from guibin.bundles import actions
from guibin.bundles.actions import BundleComparison
from guibin.bundles.requests import BundleCompared, BundleImport
from guibin.scripts.runner import running_scripts
from guibin_tenants.refusals import Refusal

from . import environment
from .output import fail, out

app = App(name="bundle", help="Export, compare and import a company's own policy and scripts as one file.")
Keep = Annotated[tuple[str, ...], Parameter(name="--keep", help="An element of which the company's own stays.")]
Whole = Annotated[bool, Parameter(help="Give up what of the company's policy the file does not say.")]


@app.command
async def export(slug: str, file: Path) -> None:
    """Write the company's own policy and scripts into a TOML file."""
    async with environment.inside(slug) as session:
        found = await actions.export(session.act)
    _keep(found.toml, file)
    out.print(f"{found.elements} elements and {found.scripts} scripts are in {file}", markup=False)


@app.command
async def compare(slug: str, file: Path, *, keep: Keep = (), whole: Whole = False) -> None:
    """Say what the file would change and where both say something else; exit code 1 when it cannot be taken in."""
    new = BundleCompared(toml=_text(file), kept=keep, whole=whole)
    async with environment.inside(slug) as session:
        try:
            found = await actions.compare(new, session.act)
        except Refusal as refusal:
            _refused(refusal)
    _say(found, session.act.language)
    if found.problems:
        sys.exit(1)


@app.command(name="import")
async def take_in(slug: str, file: Path, *, note: str, keep: Keep = (), whole: Whole = False) -> None:
    """Take the file in, all of it or nothing; scripts and automations are off until somebody switches them on."""
    new = BundleImport(toml=_text(file), kept=keep, whole=whole, note=note)
    try:
        async with environment.inside(slug, changes=True) as session, running_scripts():
            made = await actions.take_in(new, session.act)
    except Refusal as refusal:
        _refused(refusal)
    if made.policy is not None and made.policy.became is not None:
        out.print(f"version {made.policy.became.version} of the policy", markup=False)
    elif made.policy is not None:
        out.print("the policy waits for its approval", markup=False)
    for each in made.scripts:
        out.print(f"script {each.name}: {each.outcome}", markup=False)


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _keep(toml: str, file: Path) -> None:
    file.write_text(toml, encoding="utf-8")


def _say(found: BundleComparison, language: str) -> None:
    for change in found.changes:
        words = [
            text.in_language(language) for text in (change.section, change.element, change.what, change.old, change.new)
        ]
        out.print(
            f"{' · '.join(word for word in words[:3] if word)}: {words[3]} → {words[4]}", markup=False, soft_wrap=True
        )
    for path in found.conflicts:
        out.print(f"both say: {path}", markup=False)
    for script in found.scripts:
        out.print(f"script {script.name}: {script.outcome}", markup=False)
    for one in found.unknown:
        out.print(f"unknown here: {one.field}: {one.value or one.rule}", markup=False, soft_wrap=True)
    if not (found.changes or found.scripts or found.problems):
        out.print("Nothing is otherwise here.")
    for one in found.problems:
        out.print(f"FAIL {one.field}: {one.rule}", markup=False, soft_wrap=True)


def _refused(refusal: Refusal) -> None:
    fail("; ".join([refusal.detail, *(f"{one.field}: {one.rule}" for one in refusal.fields)]))
