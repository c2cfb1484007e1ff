"""Merged policies, kept by version: a version never changes, so it is merged once in a process, however often it is asked for."""

from collections import OrderedDict
from collections.abc import Hashable
from uuid import UUID

from msgspec import Struct

from guibin.policy.packs import Policy

# One in force, one to come, and two that somebody looks back at.
EACH_MAX = 4
COMPANIES_MAX = 2_000
BYTES_MAX = 64 * 1024 * 1024


class _Kept(Struct, frozen=True):
    policy: Policy
    size: int


class MergedPolicies:
    """The least used go first: of a company's own beyond `each_max`, of all beyond `companies_max` and `bytes_max`.

    Sizes are of what the company wrote, as JSON.
    """

    def __init__(
        self, *, each_max: int = EACH_MAX, companies_max: int = COMPANIES_MAX, bytes_max: int = BYTES_MAX
    ) -> None:
        self.each_max = each_max
        self.companies_max = companies_max
        self.bytes_max = bytes_max
        self.size = 0
        self._kept: OrderedDict[UUID, OrderedDict[Hashable, _Kept]] = OrderedDict()

    def get(self, company: UUID, key: Hashable) -> Policy | None:
        """None when it has to be merged."""
        own = self._kept.get(company)
        kept = own.get(key) if own is not None else None
        if own is None or kept is None:
            return None
        self._kept.move_to_end(company)
        own.move_to_end(key)
        return kept.policy

    def ending(self, company: UUID, said: tuple[Hashable, ...]) -> list[Policy]:
        """Those of the company whose key ends so; they are no younger for it."""
        own = self._kept.get(company, OrderedDict())
        return [kept.policy for key, kept in own.items() if isinstance(key, tuple) and key[-len(said) :] == said]

    def keep(self, company: UUID, key: Hashable, policy: Policy, *, size: int) -> None:
        """Remember it, and forget what is too much."""
        own = self._kept.setdefault(company, OrderedDict())
        self._kept.move_to_end(company)
        own[key] = _Kept(policy, size)
        self.size += size
        while len(own) > self.each_max:
            self._drop_oldest(own)
        while len(self._kept) > 1 and (len(self._kept) > self.companies_max or self.size > self.bytes_max):
            _, theirs = self._kept.popitem(last=False)
            self.size -= sum(each.size for each in theirs.values())

    def _drop_oldest(self, own: OrderedDict[Hashable, _Kept]) -> None:
        _, dropped = own.popitem(last=False)
        self.size -= dropped.size
