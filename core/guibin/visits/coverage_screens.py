"""Which leaders have visited which customers, whom nobody of a level has seen yet, and how account managers are rated (S09-6)."""

from litestar import Controller, Response, get

from guibin.audit.actions import searched
from guibin.console.shell import Shell
from guibin.web.listing import PageAsked
from guibin_tenants import org_units

from . import coverage
from .coverage import CoverageFilter, RatingAsked
from .screens import PATH, READ

_SHOWN = 50


class CoverageScreens(Controller):
    path = f"{PATH}/coverage"
    include_in_schema = False

    @get("/", needs=READ)
    async def covered(self, shell: Shell) -> Response[str]:
        act = shell.act
        found = await coverage.LISTED.page(CoverageFilter(state="due"), PageAsked(_SHOWN), act, **coverage.asked(act))
        due = (await searched("visit_coverage", found, act, subject="customer")).items
        names = {unit.id: unit.name for unit in await org_units.all_units()}
        return shell.page(
            "visits/coverage.html",
            due=due,
            counts=await coverage.show_counts(act),
            ratings=await coverage.ratings(RatingAsked(), act),
            names=names,
            role_called=lambda role: _role(role, shell),
        )


def _role(role: str, shell: Shell) -> str:
    return shell.says(f"role.{role}") if shell.studio.words.has(f"role.{role}") else shell.named(f"post.{role}")
