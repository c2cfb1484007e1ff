"""Posts: what a company calls its people beyond the built-in roles, and which of the roles each post brings."""

from collections.abc import Iterable

from msgspec import Struct

from .words import Clause, Named

ROLES = frozenset({"tenant_admin", "manager", "account_manager", "agent", "auditor"})


class Post(Struct, frozen=True, forbid_unknown_fields=True):
    """A post such as head of a department. Whoever holds it holds the built-in `role` too: only roles carry permissions.

    Approval steps, applicants, escalations and notices name roles and posts alike.
    """

    name: Named
    role: Named = "manager"
    clause: Clause = ""


def roles_of(posts: Iterable[Post]) -> dict[str, str]:
    """The built-in role each post brings."""
    return {post.name: post.role for post in posts}
