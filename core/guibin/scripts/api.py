"""`/api/v1/scripts`, `/script-runs`, `/script-checks`, `/script-stops`, `/script-stubs` and `/script-budget`."""

from litestar import Controller, get
from litestar.status_codes import HTTP_200_OK

from guibin.audit.answering import lists, reads
from guibin.web.routing import deletes, gets, posts, puts
from guibin_tenants.principals import may, sees_all

from . import actions, queries, trying
from .queries import RUNS, WHOLE_RUNS, StubsView
from .requests import RunFilter

WRITE = may("scripts:write") & sees_all


class ScriptController(Controller):
    path = "/api/v1/scripts"
    tags = ("scripts",)
    list_scripts = gets("/", queries.scripts, "The company's scripts, by name", needs=WRITE)
    write = posts("/", actions.write, "A script with its first version; it answers nothing yet", needs=WRITE)
    show = gets("/{script_id:uuid}", queries.script, "One script", needs=WRITE)
    list_versions = gets("/{script_id:uuid}/versions", queries.versions, "Its versions, the latest first", needs=WRITE)
    save = posts("/{script_id:uuid}/versions", actions.save, "The next version, and what its check finds", needs=WRITE)
    list_cases = gets("/{script_id:uuid}/cases", queries.cases, "Its test cases", needs=WRITE)
    set_cases = puts("/{script_id:uuid}/cases", actions.set_cases, "All its test cases, anew", needs=WRITE)
    try_cases = posts(
        "/{script_id:uuid}/trials",
        trying.try_cases,
        "Ask a version its test cases",
        needs=WRITE,
        status_code=HTTP_200_OK,
    )
    ask_history = posts(
        "/{script_id:uuid}/replays",
        trying.ask_history,
        "What a version would have said of the company's own last days",
        needs=WRITE,
        status_code=HTTP_200_OK,
    )
    list_activations = gets(
        "/{script_id:uuid}/activations", queries.activations, "What answered, from when until when", needs=WRITE
    )
    activate = posts(
        "/{script_id:uuid}/activations",
        actions.activate,
        "A version answers from now on, or once somebody else agrees; an earlier one to roll back",
        needs=WRITE,
        confirmed=True,
    )
    deactivate = deletes(
        "/{script_id:uuid}/activation",
        actions.deactivate,
        "It answers nothing any more",
        needs=WRITE,
        status_code=HTTP_200_OK,
    )


class ScriptRunController(Controller):
    path = "/api/v1/script-runs"
    tags = ("scripts",)
    list_runs = lists("/", RUNS, RunFilter, "Every run of the last month, the latest first", needs=WRITE)
    show = reads(
        "/{run_id:uuid}", WHOLE_RUNS, "A run with what it was given and what it said", "script_run", needs=WRITE
    )
    repeat = posts(
        "/{run_id:uuid}/repetitions",
        trying.repeat,
        "Ask it once more what it was asked: whether it says the same",
        needs=WRITE,
        status_code=HTTP_200_OK,
    )


class ScriptStopController(Controller):
    path = "/api/v1/script-stops"
    tags = ("scripts",)
    list_stops = gets("/", queries.stops, "Who has the company's scripts stopped now", needs=WRITE)
    stop = posts("/", actions.stop, "No script answers any more", needs=WRITE)
    resume = deletes(
        "/{stop_id:uuid}", actions.resume, "What is switched on answers again", needs=WRITE, status_code=HTTP_200_OK
    )


class ScriptCheckController(Controller):
    path = "/api/v1/script-checks"
    tags = ("scripts",)
    check = posts("/", trying.check, "What is wrong with a text that is not kept", needs=WRITE, status_code=HTTP_200_OK)


class ScriptBudgetController(Controller):
    path = "/api/v1/script-budget"
    tags = ("scripts",)
    show = gets("/", queries.budget, "Seconds of computing: what the scripts have in 24 hours, and used", needs=WRITE)


class ScriptStubController(Controller):
    path = "/api/v1/script-stubs"
    tags = ("scripts",)

    @get("/", needs=WRITE, summary="What a script sees, as a file for a type checker, and for an editor")
    async def show(self) -> StubsView:
        return queries.stubs()
