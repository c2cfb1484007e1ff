"""Acts for tests that call an action directly, with whatever they do not care about filled in."""

from typing import Any
from uuid import UUID

from guibin.context import Act, Company
from guibin.packs import Packs
from guibin.policies.queries import merged
from guibin.policy.packs import Overrides

COMPANY = Company(
    id=UUID(int=1), slug="a-company", packs=(), time_zone="Asia/Shanghai", language="zh-CN", simulated=False
)


def acting(**given: Any) -> Act:
    """An act of `by` at `now`. Without a policy it is the general regulations', without a company one that has no packs."""
    company = given.setdefault("company", COMPANY)
    if "policy" not in given:
        given["policy"] = merged(Packs({}), COMPANY, Overrides(), version=0)
    return Act(**{"language": company.language, **given})
