"""How a guest is received: tasks per department, stages, etiquette."""

from msgspec import Struct


class ReceptionTask(Struct, frozen=True, forbid_unknown_fields=True):
    """What `department` has done `before_minutes` ahead of the arrival."""

    department: str
    name: str
    before_minutes: int
    form: str = ""


class Protocol(Struct, frozen=True, forbid_unknown_fields=True):
    """The reception of one tier: who is told, what is prepared, how it goes (S11-7, S14-4, S14-5)."""

    tier: str
    approval: str
    tasks: tuple[ReceptionTask, ...] = ()
    stages: tuple[str, ...] = ("meet", "tour", "send_off")
    etiquette: tuple[str, ...] = ()
    ask_visiting_party: bool = False
    clause: str = ""
