"""What the document leaves out: every answer that any test gets is held against what its address says it may answer."""

from http import HTTPStatus
from typing import Any

from guibin.app.document import refusals_of

# A fault of ours is described nowhere; a test that provokes one says so itself.
UNDESCRIBED = {HTTPStatus.INTERNAL_SERVER_ERROR}
# What an unchanged answer is, and a page that sends its reader on, belong to the protocol.
OF_THE_PROTOCOL = {HTTPStatus.NOT_MODIFIED, HTTPStatus.METHOD_NOT_ALLOWED}
untold: set[str] = set()


class Held:
    """An application whose answers are held against its document."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """As the application answers; what is not described is remembered in `untold`."""

        async def held(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                _hold(scope, message["status"])
            await send(message)

        await self.app(scope, receive, held)


def _hold(scope: dict[str, Any], status: int) -> None:
    handler = scope.get("route_handler")
    if handler is None or not handler.resolve_include_in_schema() or status in UNDESCRIBED | OF_THE_PROTOCOL:
        return
    if status != handler.status_code and status not in refusals_of(handler):
        untold.add(f"{status} of {scope['method']} {scope['path_template']}")
