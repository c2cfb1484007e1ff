"""A company as large as a real one, in the database of a product that runs: `python large.py HOME`, with GUIBIN_OWNER_URL and GUIBIN_DATABASE_URL.

Its customers, staff and cases are made as those of the demonstration companies, five thousand instead of some hundred.
"""

import asyncio
import os
import sys
from pathlib import Path

from msgspec.structs import replace
from pack_values import all_packs

from guibin.demonstration import companies
from guibin_tenants import keyring
from guibin_tenants.database import connected

SLUG, CUSTOMERS = "chengdu-cable", 5_000


async def main() -> None:
    """One company more."""
    packs = all_packs()
    demonstration = packs.hooks_of(("cable_tv",)).demonstration()
    assert demonstration is not None
    large = replace(demonstration, slug=SLUG, name="成都有线", customers=CUSTOMERS)
    owner, app = os.environ["GUIBIN_OWNER_URL"], os.environ["GUIBIN_DATABASE_URL"]
    async with connected(app, pool_size=2):
        await companies.make(large, "cable_tv", owner_url=owner, app_url=app, packs=packs)


if __name__ == "__main__":
    keyring.load_root_key(Path(sys.argv[1]))
    asyncio.run(main())
