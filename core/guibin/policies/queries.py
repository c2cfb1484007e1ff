"""Which policy is in force, and how it came about."""

import time
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.context import Company
from guibin.defaults import CORE
from guibin.general import GENERAL
from guibin.packs import Packs
from guibin.policy.indicators import Indicator, with_indicators
from guibin.policy.packs import Overrides, Policy, merge
from guibin_tenants.scope import fetch

# How long another process may go on with a policy after a new version took effect.
REMEMBERED_FOR_S = 2.0
REMEMBERED_MAX = 2_000


class PolicyVersionView(Struct, frozen=True):
    """One version: from when it is in force, who wrote it and why."""

    version: int
    effective_from: datetime
    note: str
    written_by_name: str
    written_at: datetime


class _Version(Struct, frozen=True):
    version: int
    effective_from: datetime
    policy: Policy


_remembered: dict[tuple[UUID, tuple[str, ...]], tuple[float, tuple[_Version, ...], Policy]] = {}


async def effective_policy(packs: Packs, company: Company, *, at: datetime) -> Policy:
    """The company's policy in force at `at`: the latest version whose day has come, else its packs' defaults."""
    key = (company.id, company.packs)
    entry = _remembered.get(key)
    if entry is None or entry[0] < time.monotonic():
        entry = (time.monotonic() + REMEMBERED_FOR_S, await _versions(packs, company), _defaults(packs, company))
        if len(_remembered) >= REMEMBERED_MAX:
            _remembered.clear()
        _remembered[key] = entry
    return next((known.policy for known in entry[1] if known.effective_from <= at), entry[2])


def forget(company_id: UUID) -> None:
    """Read this company's versions again at their next use."""
    for key in [key for key in _remembered if key[0] == company_id]:
        del _remembered[key]


async def versions() -> list[PolicyVersionView]:
    """Every version, latest first."""
    rows = await fetch(
        "select version, effective_from, note, written_by_name, written_at from policy_version"
        " order by effective_from desc, version desc"
    )
    return [msgspec.convert(dict(row), PolicyVersionView) for row in rows]


async def _versions(packs: Packs, company: Company) -> tuple[_Version, ...]:
    rows = await fetch(
        "select version, effective_from, overrides from policy_version order by effective_from desc, version desc"
    )
    indicators = await fetch(
        "select indicator, decided_at, ended_at from proposed_indicator where outcome = 'approved' order by decided_at, id"
    )
    found = []
    for row in rows:
        moment = row["effective_from"]
        policy = merged(packs, company, msgspec.json.decode(row["overrides"], type=Overrides), version=row["version"])
        # Whenever an indicator begins or ends there is a version from that moment on.
        approved = tuple(
            msgspec.json.decode(one["indicator"], type=Indicator)
            for one in indicators
            if one["decided_at"] <= moment and (one["ended_at"] is None or moment < one["ended_at"])
        )
        found.append(_Version(row["version"], moment, with_indicators(policy, approved)))
    return tuple(found)


def merged(packs: Packs, company: Company, overrides: Overrides, *, version: int) -> Policy:
    """The company's packs, or else the general regulations, with these parts of its own."""
    chosen = [packs.value(name) for name in company.packs] or [GENERAL]
    return merge(chosen, CORE, overrides, version=version)


def _defaults(packs: Packs, company: Company) -> Policy:
    return merged(packs, company, Overrides(), version=0)
