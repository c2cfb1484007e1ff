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


class PackProblem(Struct, frozen=True):
    """What is wrong with a pack: where in which of its files, as far as that can be told, what is there, and what to do."""

    pack: str
    place: str
    rule: str
    fix: str = ""
    file: str = ""

    def __str__(self) -> str:
        where = f", {self.file}" if self.file else ""
        return f"pack {self.pack!r}{where}: {self.place} {self.rule}" + (f" ({self.fix})" if self.fix else "")
