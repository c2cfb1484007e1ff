"""`/api/v1/events/stream`: what happens, as server-sent events, for whoever may see what it happened to.

The framework's own `ServerSentEvent` waits for the caller to leave before its answer is over, and an answer is held here
until its transaction has committed: so the handler answers with what was missed, and the stream goes on after that,
without a turn and without a connection (`app/scope_middleware.py`).
"""

from typing import Annotated, Any

from litestar import Controller, Request, Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter
from msgspec import UNSET, Struct, UnsetType

from guibin.context import Act
from guibin.context import Request as Ours
from guibin_tenants.principals import any_credential

from . import queries
from .hub import BEGUN, RESET, Hub, Listener, told

EVENT_STREAM = "text/event-stream"
# Where the middleware finds whose stream goes on after the answer.
LISTENER = "guibin_listener"
LAST_EVENT = "last-event-id"
LastEvent = Annotated[
    str | None,
    Parameter(
        header="Last-Event-ID", default=None, max_length=80, description="The `id` of the last event that was received."
    ),
]


class StreamedEvent(Struct, frozen=True):
    """One event as it stands in the stream: `data` is JSON, `id` where to go on from, `event` is missing for what happened."""

    data: str
    event: str | UnsetType = UNSET
    id: str | UnsetType = UNSET


class StreamController(Controller):
    path = "/api/v1/events"
    tags = ("events",)

    @get(
        "/stream",
        needs=any_credential,
        media_type=EVENT_STREAM,
        responses={
            200: ResponseSpec(StreamedEvent, description="Events, one after the other", media_type=EVENT_STREAM)
        },
        summary="What happens, as it happens: server-sent events about whatever the caller may see",
        description="Each event is `{id, type, subject, subject_id, at}`: that something happened, never what; read the"
        " subject. An event may come twice, its `id` in the data tells. `reset`: something was passed over, read anew what"
        " you show. `end`: the stream is over, because the key or session was `revoked` or `locked`, has `expired` or may see something"
        " else now (`changed`), because the server is `closing`, or to `renew` it.",
    )
    async def stream(self, request: Request[Any, Any, Any], act: Act, last_event: LastEvent = None) -> Response[bytes]:
        hub: Hub = request.app.state.hub
        ours: Ours = request.scope["guibin"]  # type: ignore[typeddict-item]  # our own key in the ASGI scope
        assert ours.credential is not None
        listener = Listener(act.company.id, ours.credential, act.by, ours.expires_at)
        hub.join(listener)
        request.scope[LISTENER] = listener  # type: ignore[literal-required]  # our own key in the ASGI scope
        begun = [BEGUN]
        if last_event:
            resumed = await queries.missed(last_event, act.by)
            if resumed.happened is None:
                begun.append(RESET)
            else:
                begun += [told(event, resumed.since) for event in resumed.happened]
        headers = {"Cache-Control": "no-cache, no-store", "X-Accel-Buffering": "no"}
        return Response(b"".join(begun), media_type=EVENT_STREAM, headers=headers)
