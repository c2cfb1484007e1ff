"""`/api/v1/recognitions`, `/call-links`: what a telephone switch asks while it rings."""

from litestar import Controller
from litestar.status_codes import HTTP_200_OK

from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions


class RecognitionController(Controller):
    path = "/api/v1/recognitions"
    tags = ("hotline",)
    recognise = posts(
        "/",
        actions.recognise,
        "Who calls, where the call goes, and the greetings",
        needs=may("recognitions:write"),
        status_code=HTTP_200_OK,
    )


class CallLinkController(Controller):
    path = "/api/v1/call-links"
    tags = ("hotline",)
    link = posts(
        "/", actions.link, "The counter's address for a call, for a softphone to open", needs=may("recognitions:write")
    )
