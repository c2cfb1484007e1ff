"""`guibin promises`: what a company's own policy changes of what its regulations promise."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter
from msgspec import Struct

from guibin.policies.queries import own_parts
from guibin.policy.packs import Overrides
from guibin_tenants.refusals import Invalid

from . import environment
from .moments import aware
from .output import Json, as_json, err, out


class _Asked(Struct, frozen=True):
    """A body as `POST /api/v1/policy/versions` takes it; only what the company has of its own is read."""

    overrides: Overrides


async def promises(
    slug: str,
    *,
    policy: Annotated[
        Path | None, Parameter(help="A version not written yet: a JSON file as POST /api/v1/policy/versions takes it.")
    ] = None,
    at: Annotated[
        datetime | None, Parameter(help="The version in force then, such as one that is planned; now by default.")
    ] = None,
    json: Json = False,
) -> None:
    """Play the stories of the company's packs under its own policy, on servers of their own, and name every promise that
    it changes, with what happens instead. Nothing of the company is touched; exit code 1 when one changes."""
    # Read by this command alone: they need every slice.
    from guibin.conformance.checks import promises as played

    async with environment.inside(slug) as session:
        packs, company = session.packs, session.act.company
        moment = aware(at, company.time_zone) or session.act.now
        overrides = _planned(policy) if policy else await own_parts(moment)
    found = []
    async for promise in played(packs, company, overrides):
        found.append(promise)
        if not json:
            err.print(f"  {promise.file}, {promise.scenario}", style="dim")
    changed = [one for one in found if one.instead]
    if json:
        as_json(found)
    else:
        for one in changed:
            says = one.says.in_language(company.language)
            out.print(f"CHANGED {says} ({', '.join(one.rules)})", markup=False, soft_wrap=True)
            out.print(f"     {one.instead}", markup=False, soft_wrap=True)
        out.print(f"{len(found) - len(changed)} of {len(found)} promises stay as the regulations have them")
    if changed:
        sys.exit(1)


def _planned(file: Path) -> Overrides:
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Asked).overrides
    except (OSError, msgspec.DecodeError) as error:
        raise Invalid.at("policy", f"a JSON file with `overrides`: {error}", value=str(file)) from error
