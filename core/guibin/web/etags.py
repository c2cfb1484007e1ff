"""Optimistic locking: a change names the version it was made from."""

import re

from guibin_tenants.refusals import Invalid, LostRace

_ETAG = re.compile(r'(?:W/)?"(?P<version>[0-9]{1,18})"')


def etag(version: int) -> str:
    """The `ETag` of a row's version."""
    return f'"{version}"'


def version_in(if_match: str | None) -> int | None:
    """The version that `If-Match` names; None when it is absent or `*`. Raises Invalid when it is not an ETag."""
    if if_match is None or if_match.strip() == "*":
        return None
    given = _ETAG.fullmatch(if_match.strip())
    if given is None:
        raise Invalid.at("If-Match", "the ETag of an earlier answer", 'such as "3"', if_match[:40])
    return int(given["version"])


def expect(if_match: str | None, version: int) -> None:
    """Raises LostRace unless `If-Match` is absent, `*` or this version; Invalid when it is not an ETag."""
    given = version_in(if_match)
    if given is not None and given != version:
        raise LostRace(f"You changed version {given}, the current one is {version}")
