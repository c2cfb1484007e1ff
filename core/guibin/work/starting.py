"""What a new company still needs, for whoever sets it up: each step told from what there is, none ticked by hand."""

from msgspec import Struct

from guibin.complaints import queries as complaints
from guibin.console.shell import PREFIX
from guibin.context import Act
from guibin.insight import posting
from guibin.messages import queries as messages
from guibin.profiles import queries as profiles
from guibin_tenants import org_units, staff
from guibin_tenants.principals import may, sees_all

SETS_UP = may("staff:write") & may("policy:write") & sees_all


class Step(Struct, frozen=True):
    """One step: whether it is done, and where it is. `left` are the posts nobody holds."""

    name: str
    done: bool
    href: str
    left: tuple[str, ...] = ()


async def steps(act: Act) -> list[Step]:
    """All of them in order; none for whoever sets nothing up, and none once all are done."""
    if not SETS_UP(act.by):
        return []
    people = [person for person in await staff.all_staff() if person.left_at is None]
    held = {role for person in people for role in person.roles}
    vacant = tuple(post.name for post in act.policy.posts if post.name not in held)
    found = [
        Step("units", len(await org_units.standing_units()) > 1, f"{PREFIX}/units"),
        Step("people", len(people) > 1, f"{PREFIX}/people"),
        Step("posts", not vacant, f"{PREFIX}/people", vacant),
        Step("policy", act.policy.version > 0, f"{PREFIX}/policy"),
        Step("channel", await messages.is_tested(), f"{PREFIX}/channels"),
        Step("customers", await profiles.open_archives() > 0, f"{PREFIX}/imports"),
        Step("complaint", await complaints.is_any(), f"{PREFIX}/complaints/new"),
        Step("report", await posting.is_any(), f"{PREFIX}/reports"),
    ]
    return [] if all(step.done for step in found) else found
