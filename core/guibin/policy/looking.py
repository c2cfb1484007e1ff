"""Which looks at customers' files are unusual, with the figures of each rule."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from .words import Clause, Named

UnusualName = Literal[
    "outside_care",
    "many_in_an_hour",
    "out_of_hours",
    "same_surname",
    "before_leaving",
    "own_relative",
    "many_refused",
    "emergency_not_justified",
]


class UnusualLookRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule by which looks are drawn for the auditor; its title is the text `unusual_look.<name>`.

    `at_least` so many customers, or refusals for `many_refused`, within the span the rule speaks of: a day for `outside_care` and
    `same_surname`, an hour for `many_in_an_hour` and `many_refused`, a night for `out_of_hours`, the `days` before
    somebody left for `before_leaving`. `own_relative` is a customer among whose relatives somebody is called, masked, as whoever looked. `from_hour` until `to_hour` of the company's day is when nobody works, for `out_of_hours`.
    `emergency_not_justified` is an emergency access that an auditor held to be so.
    `roles` look at everybody's customers by their work: `outside_care` does not ask about them.
    """

    name: UnusualName
    at_least: Annotated[int, Meta(ge=1, le=10_000)] = 1
    days: Annotated[int, Meta(ge=1, le=366)] = 14
    from_hour: Annotated[int, Meta(ge=0, le=23)] = 22
    to_hour: Annotated[int, Meta(ge=0, le=23)] = 6
    roles: tuple[Named, ...] = ()
    clause: Clause = ""
