"""What is inspected: how often, how many, by whom, by which criteria, and how fast faults are corrected (S08-6)."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from .cadence import Span
from .checking import Known, Problems, a_role, at_least, each_once
from .deadlines import BusinessDays, Deadline, least_of
from .problems import PolicyProblem
from .terms import Escalation, Timed
from .words import Clause, Named

Inspected = Literal["archive", "service_request", "complaint", "visit", "card"]
Severity = Literal["minor", "serious"]


class InspectionPolicy(Timed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Each span `sample` of every org unit's are drawn of what the span before it brought, of archives of all that are open,
    and gone through by whoever holds `by` within `inspect_within`.

    `units` are the codes of the org units it covers, empty all. `criteria` are what is looked at; their titles are the texts
    `inspection_criterion.<name>`. A fault is corrected by its owner within `correct_within`, one that is serious within
    `serious_within`, and is over when the inspector has seen that it is; late, it goes along `escalations`.
    """

    titled: ClassVar = "inspection"
    name: Named
    subject: Inspected
    every: Span = "quarter"
    sample: Annotated[int, Meta(ge=1, le=200)] = 5
    by: Named = "manager"
    criteria: tuple[Named, ...]
    units: tuple[Named, ...] = ()
    inspect_within: Deadline = BusinessDays(10)
    correct_within: Deadline = BusinessDays(10)
    serious_within: Deadline = BusinessDays(3)
    calendar: Named = "business"
    escalations: tuple[Escalation, ...] = (Escalation("manager"), Escalation("tenant_admin", 480))
    clause: Clause = ""

    def check(self, known: Known, path: str) -> Problems:
        """Somebody inspects, by something, in time."""
        yield from super().check(known, path)
        yield from a_role(f"{path}.by", self.by, known)
        if not self.criteria:
            yield PolicyProblem(f"{path}.criteria", "nothing", "at least one")
        yield from each_once(f"{path}.criteria", self.criteria)
        for name in ("inspect_within", "correct_within", "serious_within"):
            limit = getattr(self, name)
            yield from at_least(f"{path}.{name}", limit, least_of(limit))

    def named_texts(self) -> Iterator[str]:
        """What is looked at."""
        yield from (f"inspection_criterion.{name}" for name in self.criteria)
