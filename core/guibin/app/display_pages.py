"""The page a wall's screen stands on before it shows anything: a code is told there, and it is that display."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.response import Redirect

from guibin.console import forms, looks, shell
from guibin.console.studio import Studio
from guibin.sign_ins import displays
from guibin.web.problems import of_refusal
from guibin_tenants.refusals import NotFound, Refusal

from . import companies
from .browsers import COOKIE
from .guards import PUBLIC
from .sessions import COMPANY, Incoming, address_of, real_now, session_cookie, take
from .sign_in_pages import language_of

WALL = f"{shell.PREFIX}/wall"
_TYPED_MAX = 100


class DisplayPages(Controller):
    path = f"{WALL}/code"
    include_in_schema = False

    @get("/", needs=PUBLIC)
    async def ask(self, request: Incoming) -> Response[str]:
        asked = {name: request.query_params.get(name, "")[:_TYPED_MAX] for name in ("company", "code")}
        return await _page(request, asked["company"] or request.cookies.get(COMPANY, ""), asked["code"])

    @post("/", needs=PUBLIC, status_code=200)
    async def tell(self, request: Incoming) -> Response[Any]:
        given = await forms.sent(request)
        company, code = ("".join(given.get(name, [])[:1])[:_TYPED_MAX].strip() for name in ("company", "code"))
        try:
            take(request)
            tenant = await companies.company_of(request, company)
            agent = request.headers.get("user-agent", "")
            opened = await displays.open_by(
                code, tenant, agent=agent, address=address_of(request), now=real_now(request)
            )
        except NotFound:
            opened = None
        except Refusal as refusal:
            return await _page(request, company, code, refusal)
        if opened is None:
            return await _page(request, company, code, wrong=True)
        response: Response[Any] = Redirect(WALL, status_code=303, headers={"Cache-Control": "no-store"})
        lasts = int((opened.expires_at - real_now(request)).total_seconds())
        response.set_cookie(session_cookie(request, COOKIE, opened.token, path="/", lasts_s=lasts))
        return response


async def _page(
    request: Incoming, company: str, code: str, refusal: Refusal | None = None, *, wrong: bool = False
) -> Response[str]:
    studio: Studio = request.app.state.studio
    look = looks.look_of(request, language_of(request))
    own = await companies.named_here(request)
    told = forms.told(of_refusal(refusal), studio, look) if refusal else ""
    if wrong:
        told = studio.says("sign_ins.display.wrong", look)
    values = {"company": company, "own": own, "code": code, "told": told}
    return shell.answer(
        studio.render("sign_ins/display_code.html", look, values),
        int(refusal.status) if refusal else 422 if wrong else 200,
    )
