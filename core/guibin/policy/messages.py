"""Which messages go out, when, and to whom not."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from .calendars import TimeOfDay
from .checking import Known, Problems, each_once
from .problems import PolicyProblem
from .words import Clause, Named

Means = Literal["sms", "email", "chat"]
# What a customer can be reached by.
TO_CUSTOMERS: tuple[Means, ...] = ("sms", "email")


class MessageKind(Struct, frozen=True, forbid_unknown_fields=True):
    """A message to customers. Its texts are `message.<name>.text` and, for mail, `message.<name>.subject`.

    Whoever refused the consent `purpose`, or contact altogether, does not get it. A `critical` one does not wait for the
    end of quiet hours. One that `answers` what the customer wrote goes whatever they wished to hear otherwise, at any hour.
    """

    name: Named
    purpose: Named = ""
    critical: bool = False
    answers: bool = False
    clause: Clause = ""

    def named_texts(self) -> Iterator[str]:
        """What it says."""
        yield from (f"message.{self.name}.{part}" for part in ("subject", "text"))


# What every company sends once it has a mailbox: what somebody writes to somebody who wrote.
MAIL_REPLY = MessageKind("mail_reply", answers=True)


class MessagePolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """`quiet_from` until `quiet_until` nothing but critical messages goes to customers, in the customer's zone.

    `per_day_max` bounds each means for the whole company and day. `staff_notices` are sent to staff by mail, and to the
    company's chat, beside the inbox.
    """

    kinds: tuple[MessageKind, ...] = ()
    quiet_from: TimeOfDay = time(21)
    quiet_until: TimeOfDay = time(8, 30)
    per_day_max: int = 5_000
    staff_notices: tuple[Named, ...] = ()

    def kind(self, name: str) -> MessageKind | None:
        """The message of this name."""
        return next((kind for kind in (*self.kinds, MAIL_REPLY) if kind.name == name), None)

    def check(self, known: Known, path: str) -> Problems:
        """Each kind once, quiet hours by the customer's clock."""
        yield from each_once(f"{path}.kinds", [kind.name for kind in self.kinds])
        if self.per_day_max < 0:
            yield PolicyProblem(f"{path}.per_day_max", str(self.per_day_max), "0 or more")
        for name, moment in (("quiet_from", self.quiet_from), ("quiet_until", self.quiet_until)):
            if moment.tzinfo is not None:
                rule = "a time without a zone"
                yield PolicyProblem(f"{path}.{name}", moment.isoformat(), rule, "the customer's counts")


class Quiet(Struct, frozen=True):
    """Somebody's quiet hours: from `begins` until just before `ends`, local time; both the same means none."""

    begins: TimeOfDay
    ends: TimeOfDay
    zone: ZoneInfo

    def ends_at(self, moment: datetime) -> datetime | None:
        """When the quiet hours that hold at `moment` end, in UTC; None when none hold."""
        local = moment.astimezone(self.zone)
        now = local.time()
        if self.begins <= self.ends:
            quiet, day = self.begins <= now < self.ends, local.date()
        else:
            quiet = now >= self.begins or now < self.ends
            day = local.date() + timedelta(days=1 if now >= self.begins else 0)
        return datetime.combine(day, self.ends, self.zone).astimezone(UTC) if quiet else None


def end_of(day: date, time_zone: str) -> datetime:
    """The first moment of the day after, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(0), ZoneInfo(time_zone)).astimezone(UTC)
