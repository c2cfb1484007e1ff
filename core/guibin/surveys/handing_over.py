"""Improvement actions that are not confirmed go to whoever takes over, who owes them until the same moment."""

from guibin.assignments.handing_over import Rows, charge_rows

from .tables import ImprovementAction

_OPEN = (
    "not exists (select from improvement_step s where s.tenant_id = improvement_action.tenant_id"
    " and s.action_id = improvement_action.id and s.kind = 'confirmed')"
)
charge_rows(Rows(what="improvement actions", table=ImprovementAction, owners=("owner_id",), open=_OPEN))
