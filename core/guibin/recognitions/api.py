"""`/api/v1/recognitions`: what a telephone switch asks while it rings."""

from datetime import datetime

from litestar import Controller, post
from litestar.status_codes import HTTP_200_OK

from guibin.context import Company
from guibin.policy.packs import Policy
from guibin_tenants.principals import Principal, may

from . import actions
from .actions import RecognitionView
from .requests import NewRecognition


class RecognitionController(Controller):
    path = "/api/v1/recognitions"
    tags = ("hotline",)

    @post(
        "/",
        needs=may("recognitions:write"),
        status_code=HTTP_200_OK,
        summary="Who calls, where the call goes, and the greetings",
    )
    async def recognise(
        self, data: NewRecognition, policy: Policy, company: Company, language: str, by: Principal, now: datetime
    ) -> RecognitionView:
        return await actions.recognise(data, policy=policy, company=company, language=language, by=by, now=now)
