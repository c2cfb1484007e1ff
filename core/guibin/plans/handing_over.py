"""What is planned and not done goes to whoever takes over; the plans stay their author's."""

from guibin.assignments.handing_over import Rows, charge_rows

from .tables import WorkPlanItem

_OPEN = (
    "not exists (select from work_plan_result r where r.tenant_id = work_plan_item.tenant_id"
    " and r.item_id = work_plan_item.id) and exists (select from work_plan p where p.tenant_id = work_plan_item.tenant_id"
    " and p.id = work_plan_item.plan_id and p.round = work_plan_item.round)"
)
charge_rows(Rows(what="planned items", table=WorkPlanItem, owners=("staff_id",), open=_OPEN))
