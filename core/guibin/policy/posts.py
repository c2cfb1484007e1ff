"""Posts: what a company calls its people beyond the built-in roles, and which of the roles each post brings."""

from collections.abc import Iterable
from typing import ClassVar

from msgspec import Struct

from .checking import Known, Problems
from .problems import PolicyProblem
from .words import Clause, Named

ROLES = frozenset({"tenant_admin", "manager", "account_manager", "agent", "auditor"})


class Post(Struct, frozen=True, forbid_unknown_fields=True):
    """A post such as head of a department. Whoever holds it holds the built-in `role` too: only roles carry permissions.

    Approval steps, applicants, escalations and notices name roles and posts alike.
    """

    titled: ClassVar = "post"
    name: Named
    role: Named = "manager"
    clause: Clause = ""

    def check(self, known: Known, path: str) -> Problems:
        """A post is no role, and brings one."""
        if self.name in ROLES:
            yield PolicyProblem("posts", self.name, "another name than a role's", "rename the post")
        if self.role not in ROLES:
            yield PolicyProblem(f"{path}.role", self.role, "a role", f"one of {sorted(ROLES)}")


def roles_of(posts: Iterable[Post]) -> dict[str, str]:
    """The built-in role each post brings."""
    return {post.name: post.role for post in posts}
