"""What of complaints somebody owes: the case itself, an answer to what the customer wrote, the callback, the plan; and what a department changes."""

from guibin.sla.owed import BY_TIMER, HANDLER, Owed, by_day
from guibin.sla.queries import timer_of
from guibin_tenants.principals import may

from .levels import FOLLOW_UP, RECTIFICATION, RESOLUTION, RESULT, SUBJECT

_READ = may("complaints:read")
_OF_CASE = {
    "subject": f"'{SUBJECT}'::text",
    "number": "x.number",
    "customer_id": "x.customer_id",
    "about": "x.level",
    "matter": "left(x.text, 120)",
    "staff_id": HANDLER,
    "unit_id": "x.handler_unit_id",
}
# The last word is the customer's. Where no target is met by a reply, it is due when the complaint is.
_ASKED = f"""complaint x join lateral (
    select m.id, m.text, m.answers, m.direction from complaint_message m where m.tenant_id = x.tenant_id
    and m.complaint_id = x.id and (m.direction = 'in' or m.answers) order by m.sent_at desc, m.id desc limit 1) last on true
left join lateral (
    select t.due_at, t.warn_at, t.paused_at, t.provisional from timer t where t.tenant_id = x.tenant_id
    and t.subject_id = x.id and (t.clock #>> '{{terms,met_by}}' = 'reply' or t.milestone = '{RESOLUTION}')
    and t.completed_at is null and t.cancelled_at is null order by t.due_at limit 1) t on true"""

# The time for telling the customer the result, once a round.
_RESOLVED = f"""complaint x left join timer t on t.tenant_id = x.tenant_id and t.subject_id = x.id
    and t.milestone = '{RESULT}' and t.completed_at is null and t.cancelled_at is null"""

# Settled, it still owes its plan against repetition (S14-7).
_UNPLANNED = f"""complaint x join timer t on t.tenant_id = x.tenant_id and t.subject_id = x.id
    and t.milestone = '{RECTIFICATION}' and t.completed_at is null and t.cancelled_at is null"""

# A complaint of the week's sample that nobody called back about yet (S07-29).
_SAMPLED = f"""complaint_sample x join complaint c on c.tenant_id = x.tenant_id and c.id = x.complaint_id
left join timer t on t.tenant_id = x.tenant_id and t.subject_id = c.id and t.milestone = '{FOLLOW_UP}'
    and t.completed_at is null and t.cancelled_at is null"""

# What is open of a key account's comes before all else (S07-33).
_FIRST = {"ahead": "case when x.priority < 2 and x.state = 'open' then 0 else 1 end"}

OWED = (
    Owed(
        kind="complaint",
        needs=_READ,
        source=f"complaint x left join {timer_of('x', RESOLUTION)}",
        holds="x.state in ('open', 'waiting')",
        columns=_OF_CASE | BY_TIMER | _FIRST,
    ),
    Owed(
        kind="reply",
        needs=_READ,
        source=_ASKED,
        holds="x.state in ('open', 'waiting') and last.direction = 'in'",
        columns=_OF_CASE
        | BY_TIMER
        | _FIRST
        | {"id": "last.id", "subject_id": "x.id", "matter": "left(last.text, 120)"},
    ),
    Owed(
        kind="callback",
        needs=_READ,
        source=_RESOLVED,
        holds="x.state = 'resolved'",
        columns=_OF_CASE | BY_TIMER,
    ),
    Owed(
        kind="rectification",
        needs=_READ,
        source=_UNPLANNED,
        holds="x.state in ('resolved', 'closed')",
        columns=_OF_CASE | BY_TIMER,
    ),
    Owed(
        kind="sampled",
        needs=_READ,
        source=_SAMPLED,
        holds="not exists (select from complaint_follow_up f where f.tenant_id = x.tenant_id and f.sample_id = x.id)",
        columns={
            "subject": f"'{SUBJECT}'::text",
            "subject_id": "c.id",
            "number": "c.number",
            "customer_id": "c.customer_id",
            "about": "c.level",
            "matter": "left(c.text, 120)",
            "staff_id": "coalesce(c.handler_id, c.owner_id)",
            **BY_TIMER,
        },
    ),
    Owed(
        kind="measure",
        needs=_READ,
        source="improvement_measure x",
        holds="x.done_at is null",
        columns={
            "subject": "'improvement_measure'::text",
            "about": "x.cause",
            "matter": "left(x.text, 120)",
            "unit_id": "x.org_unit_id",
            "mine": "$leads::boolean and (x.org_unit_id = $unit::uuid) is true",
            **by_day("x.due_on"),
        },
    ),
)
