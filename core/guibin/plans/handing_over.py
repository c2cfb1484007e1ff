"""What is planned and not done goes to whoever takes over; the plans stay their author's."""

from uuid import UUID

from guibin.context import Act
from guibin.profiles.handing_over import HandOver, charge
from guibin_tenants.scope import execute, fetch_value

# $1 is whose they are, $2 for which customers, null for all.
_THEIRS = (
    "staff_id = any ($1) and ($2::uuid[] is null or customer_id = any ($2))"
    " and not exists (select from work_plan_result r where r.tenant_id = work_plan_item.tenant_id"
    "  and r.item_id = work_plan_item.id) and exists (select from work_plan p where p.tenant_id = work_plan_item.tenant_id"
    "  and p.id = work_plan_item.plan_id and p.round = work_plan_item.round)"
)


async def count(from_ids: tuple[UUID, ...], customer_ids: tuple[UUID, ...] | None) -> int:
    """How many things they still have to do."""
    planned: int = await fetch_value(
        f"select count(*) from work_plan_item where {_THEIRS}", list(from_ids), customer_ids and list(customer_ids)
    )
    return planned


async def hand_over(new: HandOver, act: Act) -> int:
    """The successor does them, and sees the plans they stand in."""
    return await execute(
        f"update work_plan_item set staff_id = $3, staff_name = $4 where {_THEIRS}",
        list(new.from_ids),
        new.customer_ids and list(new.customer_ids),
        new.to_id,
        new.to_name,
    )


charge("planned items", count, hand_over, columns=("work_plan_item.staff_id",))
