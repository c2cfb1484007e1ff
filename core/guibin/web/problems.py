"""The document in which an error is told (RFC 9457)."""

from msgspec import Struct

from guibin_tenants.refusals import FieldError, Refusal

PROBLEM = "application/problem+json"


class Problem(Struct, frozen=True, omit_defaults=True):
    """The document. `type` is stable: programs branch on it, people read the rest."""

    type: str
    title: str
    status: int
    detail: str = ""
    errors: tuple[FieldError, ...] = ()


def of_refusal(refusal: Refusal) -> Problem:
    """The problem a refusal becomes."""
    return Problem(f"/problems/{refusal.kind}", refusal.title, int(refusal.status), refusal.detail, refusal.fields)
