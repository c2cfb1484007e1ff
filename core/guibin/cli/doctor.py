"""`guibin doctor`: whether everything stands as it must."""

import asyncio
import sys

from . import environment
from .output import Json, as_json, out


def doctor(*, json: Json = False) -> None:
    """Check the database, its roles, isolation, Redis, keys and packs; exit code 1 when something is wrong."""
    # Looking at everything takes every slice: whoever only asks what the command takes does not wait for that.
    from guibin.conformance.soundness import sound
    from guibin.operation.checks import examine

    with environment.urls() as urls:
        at = (urls.app, urls.owner, urls.redis)
        found = asyncio.run(examine(at, sound(), home=environment.home()))
    if json:
        as_json(found)
    else:
        for finding in found:
            out.print(
                f"{'ok  ' if finding.ok else 'FAIL'} {finding.what}"
                + (f": {finding.detail}" if finding.detail else ""),
                markup=False,
            )
    if not all(finding.ok for finding in found):
        sys.exit(1)
