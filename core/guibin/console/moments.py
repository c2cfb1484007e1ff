"""Moments and deadlines as people write them: 今天 14:30, 周三 9:00, 剩 34 分钟. The exact one stays beside it."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Protocol, Self
from zoneinfo import ZoneInfo

from lunar_python import Solar
from lunar_python.util import LunarUtil
from msgspec import Struct

from guibin.notation.dates import worded

_WEEKDAYS = {
    "zh-CN": ["周一", "周二", "周三", "周四", "周五", "周六", "周日"],
    "en": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
}
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_NEAR = {
    "zh-CN": {-2: "前天", -1: "昨天", 0: "今天", 1: "明天", 2: "后天"},
    "en": {-1: "Yesterday", 0: "Today", 1: "Tomorrow"},
}
# A clock is told by the minute from here on.
_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


class Due(Struct, frozen=True):
    """A deadline as a page shows it: `state` is calm, warn, late, paused, prov or done.

    `text` is when or how long, `left` what a calm one has left, `exact` the moment in full, `at` in seconds since 1970
    for one whose text changes while it is looked at.
    """

    state: str
    text: str
    left: str
    exact: str
    at: int | None = None


class Deadline(Struct, frozen=True, kw_only=True):
    """What is known of a deadline."""

    due_at: datetime | None
    warn_at: datetime | None = None
    paused_at: datetime | None = None
    completed_at: datetime | None = None
    breached_at: datetime | None = None
    provisional: bool = False

    @classmethod
    def of(cls, row: object) -> Self:
        """The deadline of a row that has all of this under the same names."""
        return cls(**{name: getattr(row, name) for name in cls.__struct_fields__})


class Deadlined(Protocol):
    """A row that tells whether its deadline is met, beside what `Deadline.of` reads of it."""

    @property
    def completed_at(self) -> datetime | None: ...


class Clock:
    """Tells moments in a company's zone and a reader's language, as seen from `now`."""

    def __init__(self, now: datetime, zone: str, language: str) -> None:
        self.now = now
        self.zone: tzinfo = ZoneInfo(zone)
        self.language = "en" if language == "en" else "zh-CN"
        self.today = now.astimezone(self.zone).date()

    def day(self, day: date) -> str:
        """今天, 明天, 周三 (of this week), 12月3日, 2027年1月1日."""
        away = (day - self.today).days
        near = _NEAR[self.language].get(away)
        if near:
            return near
        monday = self.today - timedelta(days=self.today.weekday())
        if 0 <= (day - monday).days < 7:
            return _WEEKDAYS[self.language][day.weekday()]
        if self.language == "en":
            return f"{day.day} {_MONTHS[day.month - 1]}" + ("" if day.year == self.today.year else f" {day.year}")
        return f"{day.month}月{day.day}日" if day.year == self.today.year else f"{day.year}年{day.month}月{day.day}日"

    def moment(self, at: datetime) -> str:
        """今天 14:30; a moment of another year without its time."""
        here = at.astimezone(self.zone)
        if here.year != self.today.year and abs((here.date() - self.today).days) > 7:
            return self.day(here.date())
        return f"{self.day(here.date())} {here.hour}:{here.minute:02}"

    def time(self, at: datetime) -> str:
        """14:30 today, else the day with it."""
        here = at.astimezone(self.zone)
        return f"{here.hour}:{here.minute:02}" if here.date() == self.today else self.moment(at)

    def exact(self, at: datetime) -> str:
        """The moment in full, to the second."""
        here = at.astimezone(self.zone)
        if self.language == "en":
            return f"{here.day} {_MONTHS[here.month - 1]} {here.year}, {here:%H:%M:%S}"
        return f"{here.year}年{here.month}月{here.day}日 {here:%H:%M:%S}"

    def full_day(self, day: date) -> str:
        """The day in full, with its year."""
        return worded(day.isoformat(), self.language)

    def lunar(self, day: date) -> str:
        """The lunar day of a solar one: 农历十月廿五."""
        lunar = Solar.fromYmd(day.year, day.month, day.day).getLunar()
        if self.language == "en":
            month = lunar.getMonth()
            return f"lunar {abs(month)}/{lunar.getDay()}{' (leap)' if month < 0 else ''}"
        return f"农历{lunar.getMonthInChinese()}月{lunar.getDayInChinese()}"

    def lunar_figures(self, month: int, day: int, leap: bool) -> str:
        """A lunar day of whatever year: 农历二月廿九, 农历闰二月初一."""
        if self.language == "en":
            return f"lunar {month}/{day}{' (leap)' if leap else ''}"
        return f"农历{'闰' if leap else ''}{LunarUtil.MONTH[month]}月{LunarUtil.DAY[day]}"

    def solar(self, day: date) -> str:
        """The day of its month, whatever year: 12月3日."""
        return f"{day.day} {_MONTHS[day.month - 1]}" if self.language == "en" else f"{day.month}月{day.day}日"

    def midnight(self, day: date) -> datetime:
        """Where the day begins here."""
        return datetime.combine(day, time(), self.zone)

    def weekday(self) -> str:
        """Today as a headline says it: 11月26日 周四."""
        name = _WEEKDAYS[self.language][self.today.weekday()]
        if self.language == "en":
            return f"{name} {self.today.day} {_MONTHS[self.today.month - 1]}"
        return f"{self.today.month}月{self.today.day}日 {name}"

    def month(self, day: date) -> str:
        """The month a day stands in, as a calendar's leaf says it: 12月."""
        return _MONTHS[day.month - 1] if self.language == "en" else f"{day.month}月"

    def day_of_week(self, day: date) -> str:
        """周四."""
        return _WEEKDAYS[self.language][day.weekday()]

    def span(self, span: timedelta) -> str:
        """How long: 34 分钟, 3 小时 32 分, 2 天."""
        minutes = max(int(span / timedelta(minutes=1)), 0)
        days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
        if self.language == "en":
            if days:
                return f"{days} d" + (f" {hours} h" if hours and days < 3 else "")
            return f"{hours} h" + (f" {rest} min" if rest else "") if hours else f"{rest} min"
        if days:
            return f"{days} 天" + (f" {hours} 小时" if hours and days < 3 else "")
        return f"{hours} 小时" + (f" {rest} 分" if rest else "") if hours else f"{rest} 分钟"

    def left(self, at: datetime) -> str:
        """剩 34 分钟, 逾期 26 分钟; a day late, whole days."""
        away = at - self.now
        english = self.language == "en"
        if away >= timedelta():
            return f"{self.span(away)} left" if english else f"剩 {self.span(away)}"
        late = -away if -away < _DAY else _DAY * (-away // _DAY)
        if late < _MINUTE:
            return "just late" if english else "刚刚逾期"
        return f"{self.span(late)} late" if english else f"逾期 {self.span(late)}"

    def due(self, deadline: Deadline) -> Due | None:
        """The deadline as it is shown; None for nothing that falls due."""
        due_at = deadline.due_at
        if due_at is None:
            return None
        exact, english = self.exact(due_at), self.language == "en"
        if deadline.completed_at is not None:
            return self._done(deadline, due_at, exact)
        if deadline.paused_at is not None:
            left = self.span(due_at - deadline.paused_at)
            return Due("paused", "Paused" if english else "暂停", f"{left} left" if english else f"剩 {left}", exact)
        at = int(due_at.timestamp())
        if due_at < self.now:
            return Due("late", self.left(due_at), "", exact, at)
        if deadline.warn_at is not None and deadline.warn_at <= self.now:
            return Due("warn", self.left(due_at), "", exact, at)
        if deadline.provisional:
            day = self.day(due_at.astimezone(self.zone).date())
            return Due("prov", f"about {day}" if english else f"约 {day}", "", exact)
        text = self.left(due_at) if due_at - self.now <= _HOUR else self.moment(due_at)
        return Due("calm", text, self.left(due_at), exact, at)

    def running(self, deadlines: Iterable[Deadlined]) -> Due | None:
        """The first of a case's deadlines that is not met yet, as it is shown."""
        running = next((each for each in deadlines if each.completed_at is None), None)
        return self.due(Deadline.of(running)) if running is not None else None

    def due_on(self, day: date) -> Due:
        """What has the whole day, as it is shown: the day itself is its warning."""
        left = (day - self.today).days
        exact = self.full_day(day)
        if left < 0:
            return Due("late", f"{-left} d late" if self.language == "en" else f"逾期 {-left} 天", "", exact)
        return Due("calm" if left else "warn", self.day(day), "", exact)

    def _done(self, deadline: Deadline, due_at: datetime, exact: str) -> Due:
        completed = deadline.completed_at
        assert completed is not None
        english = self.language == "en"
        late = completed > due_at
        if abs(due_at - completed) < _MINUTE:
            return Due("done", "Done on time" if english else "按时办结", "", exact)
        over = self.span(abs(due_at - completed))
        if english:
            return Due("done", f"Done {over} {'late' if late else 'early'}", "", exact)
        return Due("done", f"逾期 {over}办结" if late else f"提前 {over}办结", "", exact)


def epoch(at: datetime) -> int:
    """The moment in seconds since 1970, for a countdown in the page."""
    return int(at.astimezone(UTC).timestamp())
