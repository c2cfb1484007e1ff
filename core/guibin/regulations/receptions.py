"""How every company receives a guest until its pack or its own policy says otherwise (S10-7, S14).

The regulation names the centre, the notice, etiquette, the flow and the feedback, and gives no figures: the minutes
ahead and the limits are defaults.
"""

from guibin.policy.approvals import ApprovalFlow, ApprovalStep
from guibin.policy.deadlines import Days, Hours
from guibin.policy.posts import Post
from guibin.policy.receptions import Protocol, Qualification, ReceptionPolicy, ReceptionTask
from guibin.policy.terms import Escalation

OFFICER = Post("reception_officer", role="agent", clause="S14-1")
APPROVAL = ApprovalFlow("reception", subject="reception", steps=(ApprovalStep("manager"),), clause="S14-1")

RECEPTION = ReceptionPolicy(
    centre=("reception_officer", "manager"),  # S14-1
    protocols=(
        Protocol(
            name="vip",
            approval="reception",
            qualifications=(Qualification("vip_customer"), Qualification("invited_guest")),
            tasks=(
                ReceptionTask("administration", "rooms_ready", 24 * 60, clause="S14-3"),
                ReceptionTask("business", "host_briefed", 4 * 60, clause="S14-3"),
                ReceptionTask("front_desk", "channel_open", 60, clause="S10-7"),
                ReceptionTask("security", "passage_kept_free", 60, clause="S10-7"),
            ),
            clause="S14-3",
        ),
    ),
    acknowledge_within=Hours(2),
    feedback_within=Days(3),
    answer_within=Days(3),
    escalations=(Escalation("manager"),),
    clause="S14-1",
)
