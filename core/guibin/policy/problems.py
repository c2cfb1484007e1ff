"""How a fault of a pack or policy is told, so that a tenant's admin can mend it."""

from msgspec import Struct


class PolicyProblem(Struct, frozen=True):
    """Where something is wrong, what is there, which rule it breaks, and what to do."""

    path: str
    value: str
    rule: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.path} is {self.value!r}: {self.rule}" + (f" ({self.fix})" if self.fix else "")
