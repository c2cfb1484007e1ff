"""A product to look at: a database with the demonstration companies, and the API and pages over it, as `guibin up` serves them.

`python site.py HOME PORT`, with GUIBIN_OWNER_URL and GUIBIN_DATABASE_URL: fills, then becomes `guibin serve`.
"""

import asyncio
import os
import sys
from pathlib import Path

from pack_values import all_packs

from guibin.demonstration import companies
from guibin_tenants import keyring


def main() -> None:
    """Fill, then serve."""
    home, port = Path(sys.argv[1]), sys.argv[2]
    keyring.load_root_key(home)
    owner, app = os.environ.pop("GUIBIN_OWNER_URL"), os.environ["GUIBIN_DATABASE_URL"]
    asyncio.run(companies.fill(owner, app, all_packs(), say=print))
    os.environ["GUIBIN_HOME"] = str(home)
    os.execve(sys.executable, [sys.executable, "-m", "guibin.cli", "serve", "--port", port], os.environ)


if __name__ == "__main__":
    main()
