"""Deadlines, counted by the moment they fell due, and of them the answers owed to customers' questions."""

from guibin.periods.counts import count, within

from .queries import IN_TIME, judged

# An overdue open one is judged as well: leaving it out would praise whoever never answers (subtlety 65).
JUDGED = judged("p.as_of")
_DUE = f"{within('t.due_at')} and t.cancelled_at is null"
_QUESTIONS = f"t.subject = 'interaction' and {_DUE}"
_SUBJECT = {"subject": "t.subject"}

COUNTS = {
    "deadlines_judged": count("timer t", f"{_DUE} and {JUDGED}", by=_SUBJECT),
    "deadlines_met": count("timer t", f"{_DUE} and {IN_TIME}", by=_SUBJECT),
    "questions_due": count("timer t", f"{_QUESTIONS} and {JUDGED}"),
    "questions_answered_in_time": count("timer t", f"{_QUESTIONS} and {IN_TIME}"),
}
