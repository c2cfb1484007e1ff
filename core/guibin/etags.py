"""Optimistic locking: a change names the version it was made from."""

from guibin_tenants.refusals import FieldError, Invalid, LostRace


def etag(version: int) -> str:
    """The `ETag` of a row's version."""
    return f'"{version}"'


def expect(if_match: str | None, version: int) -> None:
    """Raises LostRace unless `If-Match` is absent, `*` or this version; Invalid when it is not an ETag."""
    if if_match is None or if_match.strip() == "*":
        return
    given = if_match.strip().removeprefix("W/")
    if not (given.startswith('"') and given.endswith('"') and given[1:-1].isdigit()):
        raise Invalid(fields=(FieldError("If-Match", "the ETag of an earlier answer", 'such as "3"', if_match[:40]),))
    if int(given[1:-1]) != version:
        raise LostRace(f"You changed version {given[1:-1]}, the current one is {version}")
