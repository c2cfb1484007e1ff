"""A request for one customer's file by whoever has an emergency access to it: PostgreSQL is told by which. Whoever has none and
may open one is shown where."""

import re
from uuid import UUID

from guibin.context import Company
from guibin.packs import Packs
from guibin.policies.queries import effective_policy
from guibin.profiles.queries import kept
from guibin_tenants.principals import Signature
from guibin_tenants.scope import ALL_UNITS, lend

from .queries import OPENS, opens_here, purpose_of, running_of

# The file itself and its parts, one deep: forms of what may be done with it, what is revealed and what is given away lie deeper.
_FILE = re.compile(
    r"/(?:api/v1|console)/customers/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    r"(?:/(?!(?:merge|copy|apply)/?\Z)[a-z-]+)?/?\Z"
)


async def lend_file(method: str, path: str, signature: Signature) -> None:
    """Let the open scope see the customer whose file is asked for, where that is lent to whoever asks: only to be read, only by a
    person signed in who still may open one, and only this file.
    """
    by, asked = signature.by, _FILE.match(path)
    if asked is None or method != "GET" or by.units == ALL_UNITS or not OPENS(by):
        return
    access_id = await running_of(by, UUID(asked[1]), now=signature.now)
    # What has come into their own sight meanwhile is read, and written, as always.
    if access_id is not None and not await kept((UUID(asked[1]),)):
        await lend(access_id, by.id, now=signature.now, purpose=purpose_of(access_id))


async def may_be_asked_for(path: str, signature: Signature, company: Company, packs: Packs) -> UUID | None:
    """The customer of a page that was not found, where whoever asked for it may open an emergency access: whether there is such a
    customer is neither looked up nor said, only that they are not in sight.
    """
    asked = _FILE.match(path)
    if asked is None or not OPENS(signature.by):
        return None
    policy = await effective_policy(packs, company, at=signature.now)
    customer_id = UUID(asked[1])
    return customer_id if opens_here(signature.by, policy) and not await kept((customer_id,)) else None
