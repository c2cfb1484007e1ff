"""Saying that who may do what has changed: this process and every other one look credentials of the company up again."""

import weakref
from typing import Protocol
from uuid import UUID

from .scope import current_scope, execute

CHANNEL = "guibin_access"


class Watcher(Protocol):
    """Whoever remembers what a company's credentials are good for."""

    def forget(self, tenant_id: UUID) -> None:
        """Look this company's credentials up again."""


# Those of this process.
WATCHERS: weakref.WeakSet[Watcher] = weakref.WeakSet()


async def access_changed() -> None:
    """Call it in the transaction that changes a key, an account, a session or the tree of org units.

    Once that has committed nobody in this process goes by what was so before; other processes as soon as they are told.
    """
    scope = current_scope()
    if _forget in scope.after_commit:
        return
    scope.after_commit.append(_forget)
    await execute(f"select pg_notify('{CHANNEL}', current_setting('guibin.tenant'))")


def _forget(tenant_id: UUID) -> None:
    for watcher in WATCHERS:
        watcher.forget(tenant_id)
