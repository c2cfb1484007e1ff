"""What is asked for in a demonstration company is decided by its approval system, each step by another hand."""

from uuid import UUID

from msgspec.structs import replace

from guibin.approvals import actions
from guibin.context import Act
from guibin_tenants.principals import PERMISSIONS, Principal
from guibin_tenants.tables import new_id

_NAME = "业务系统"


async def approve(approval_id: UUID, act: Act) -> None:
    """Every step says yes."""
    decided = None
    while decided is None:
        decided = await actions.decide(approval_id, of_system(act), approved=True, reason="")


def of_system(act: Act) -> Act:
    """By a system of the company's own, another one at each time."""
    return replace(act, by=Principal(kind="key", id=new_id(), name=_NAME, permissions=PERMISSIONS))
