"""What departments ask of each other, and how fast it is taken up and answered."""

from .deadlines import Deadline
from .terms import Timed
from .words import Clause, Named


class DepartmentTask(Timed, frozen=True, forbid_unknown_fields=True):
    """Something one department may ask of any other: taken up and answered within these limits, else escalated.

    Both limits run from the moment it is asked; handing it back stops neither. `calendar` counts business limits.
    With `upward`, a role, it is no department's: it goes up to the nearest of that role above whoever reports (S07-14).
    """

    name: Named
    acknowledge_within: Deadline
    answer_within: Deadline
    upward: Named = ""
    clause: Clause = ""
