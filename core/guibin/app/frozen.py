"""While a company is frozen: what is looked at still is, everything else is refused."""

import re

from guibin_tenants.refusals import READ_ONLY, Frozen

from .costs import SAFE_METHODS

# What is asked by POST because the question may hold a name or a number, or because it is written down why.
_LOOKS = re.compile(
    r"/api/v1/(.*/)?(searches|disclosures?)|/api/v1/customers/[^/]+/copies|/api/v1/evidence/packs|/console/find(/.*)?|/console/evidence/pack"
    r"|/console/lists/[^/]+/export|/console/customers/[^/]+/(reveal/[^/]+|copy)|/console/files/[^/]+/opening"
)


def refuse_frozen(method: str, path: str) -> None:
    """Raises Frozen for whatever may write."""
    if method not in SAFE_METHODS and not (method == "POST" and _LOOKS.fullmatch(path.rstrip("/"))):
        raise Frozen(READ_ONLY)
