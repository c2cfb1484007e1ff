"""WeCom, DingTalk and Feishu as their documentation describes signing in by them: FAKES, on loopback, under their real names by TLS.

Nobody here has asked the vendors themselves. Codes hold once and for five minutes, tokens until they are forgotten, errors come
with HTTP 200 where the documentation says so.
"""

import contextlib
import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from certificates import certificate
from receiver import CLOSE, Received, Receiver, receiving
from vendors import ToReceiver, loopback

from guibin.outbound.carrier import Carrier, use_carrier
from guibin.outbound.targets import Rules, use_rules

HOSTS = ("qyapi.weixin.qq.com", "oapi.dingtalk.com", "api.dingtalk.com", "open.feishu.cn")
CORP, SECRET = "wwcorp0001", "an-app-secret-of-the-company"
APPS = {"wecom": "1000002", "dingtalk": "dingapp0001", "feishu": "cli_app0001"}
PAGES = {
    "wecom": "https://login.work.weixin.qq.com/wwlogin/sso/login",
    "dingtalk": "https://login.dingtalk.com/oauth2/auth",
    "feishu": "https://accounts.feishu.cn/open-apis/authen/v1/authorize",
}
Answer = tuple[int, dict[str, Any]]


class Chats:
    """One company at each of them, whose people are `people`: what of them is shown. `refuses` answers a path with this instead."""

    def __init__(self) -> None:
        self.people: dict[str, dict[str, Any]] = {}
        self.codes: dict[str, tuple[str, dict[str, str]]] = {}
        self.tokens: list[str] = []
        self.refuses: dict[str, Answer] = {}
        self.paths: list[str] = []
        self.down = False
        self.receiver = Receiver()

    def person(self, userid: str, *departments: str, **more: Any) -> None:
        """Somebody works there, as of now."""
        shown = {"name": userid, "departments": list(departments), "works": True, "corp": CORP, "contact": 0}
        self.people[userid] = shown | more

    def come_back(self, kind: str, address: str, userid: str) -> dict[str, str]:
        """Somebody scans what stands at the address: what the browser brings back."""
        page, asked = address.split("?")[0], _flat(urlsplit(address).query)
        assert page == PAGES[kind]
        app = {"wecom": "agentid"}.get(kind, "client_id")
        assert asked[app] == APPS[kind]
        if kind == "wecom":
            assert (asked["login_type"], asked["appid"]) == ("CorpApp", CORP)
        else:
            assert asked["response_type"] == "code"
        code = f"code-{secrets.token_hex(8)}"
        self.codes[code] = (userid, asked)
        return {"authCode" if kind == "dingtalk" else "code": code, "state": asked["state"]}

    def forget_tokens(self) -> None:
        """No token of the app holds any more, sooner than was said."""
        self.tokens.clear()

    def answer(self, request: Received) -> int | str:
        """One request, as the documentation says."""
        path = request.path.split("?")[0]
        self.paths.append(path)
        if self.down:
            return CLOSE
        asked = _flat(urlsplit(request.path).query) | (json.loads(request.body) if request.body else {})
        status, said = self.refuses.get(path) or self._said(request, path, asked)
        self.receiver.says = json.dumps(said).encode()
        return status

    def _said(self, request: Received, path: str, asked: dict[str, str]) -> Answer:
        host = request.headers["host"]
        if host == "qyapi.weixin.qq.com":
            return 200, self._wecom(path, asked)
        if host == "open.feishu.cn":
            return self._feishu(request, path, asked)
        return self._dingtalk(request, path, asked)

    def _wecom(self, path: str, asked: dict[str, str]) -> dict[str, Any]:
        if path == "/cgi-bin/gettoken":
            return self._token(asked["corpid"] == CORP and asked["corpsecret"] == SECRET)
        if asked["access_token"] not in self.tokens:
            return {"errcode": 42001, "errmsg": "access_token expired"}
        if path == "/cgi-bin/auth/getuserinfo":
            userid = self._redeemed(asked["code"])
            if userid is None:
                return {"errcode": 40029, "errmsg": "invalid code"}
            if userid not in self.people:
                return {"errcode": 0, "errmsg": "ok", "openid": "o-stranger"}
            return {"errcode": 0, "errmsg": "ok", "userid": userid}
        assert path == "/cgi-bin/user/get"
        shown = self.people[asked["userid"]]
        if shown.get("hidden"):
            return {"errcode": 60011, "errmsg": "no privilege to access/modify contact/party/agent"}
        status = 1 if shown["works"] else 5
        department = [int(each) for each in shown["departments"]]
        member = {"userid": asked["userid"], "name": shown["name"], "department": department, "status": status}
        return {"errcode": 0, "errmsg": "ok"} | member

    def _dingtalk(self, request: Received, path: str, asked: dict[str, str]) -> Answer:
        if path == "/v1.0/oauth2/userAccessToken":
            assert (asked["clientId"], asked["grantType"]) == (APPS["dingtalk"], "authorization_code")
            userid = self._redeemed(asked["code"])
            if userid is None or asked["clientSecret"] != SECRET:
                return 400, {"code": "invalidParameter.authCode.notFound", "message": "不存在的临时授权码"}
            corp = self.people.get(userid, {"corp": CORP})["corp"]
            return 200, {"accessToken": f"user-{userid}", "refreshToken": "r", "expireIn": 7200, "corpId": corp}
        if path == "/v1.0/contact/users/me":
            userid = request.headers["x-acs-dingtalk-access-token"].removeprefix("user-")
            return 200, {"nick": "自己取的名字", "unionId": f"union-{userid}", "openId": "o", "mobile": "13800000000"}
        if path == "/gettoken":
            return 200, self._token(asked["appkey"] == APPS["dingtalk"] and asked["appsecret"] == SECRET)
        if asked["access_token"] not in self.tokens:
            return 200, {"errcode": 40014, "errmsg": "不合法的access_token"}
        userid = asked.get("unionid", "").removeprefix("union-") or asked.get("userid", "")
        shown = self.people.get(userid)
        if shown is None:
            return 200, {"errcode": 60121, "errmsg": "找不到该用户"}
        if path == "/topapi/user/getbyunionid":
            return 200, _result(userid=userid, contact_type=shown["contact"])
        assert path == "/topapi/v2/user/get"
        if shown.get("hidden"):
            return 200, {"errcode": 50002, "errmsg": "请求的员工userid不在授权范围内"}
        departments = [int(each) for each in shown["departments"]]
        return 200, _result(userid=userid, name=shown["name"], dept_id_list=departments, active=shown["works"])

    def _feishu(self, request: Received, path: str, asked: dict[str, str]) -> Answer:
        if path == "/open-apis/authen/v2/oauth/token":
            userid = self._redeemed(asked["code"], asked["code_verifier"])
            if userid is None or asked["client_secret"] != SECRET:
                return 400, {"code": 20003, "error": "invalid_grant", "error_description": "The code is invalid"}
            return 200, {"code": 0, "access_token": f"user-{userid}", "expires_in": 7200, "token_type": "Bearer"}
        if path == "/open-apis/authen/v1/user_info":
            userid = request.headers["authorization"].removeprefix("Bearer user-")
            data = {"name": "x", "open_id": "ou", "union_id": f"on/{userid}", "tenant_key": "t", "mobile": "+86138"}
            return 200, {"code": 0, "msg": "success", "data": data}
        if path == "/open-apis/auth/v3/tenant_access_token/internal":
            said = self._token(asked["app_id"] == APPS["feishu"] and asked["app_secret"] == SECRET)
            if said["errcode"]:
                return 200, {"code": 10014, "msg": "app secret invalid"}
            return 200, {"code": 0, "msg": "ok", "tenant_access_token": said["access_token"], "expire": 7200}
        assert path.startswith("/open-apis/contact/v3/users/on%2F"), path
        assert (asked["user_id_type"], asked["department_id_type"]) == ("union_id", "open_department_id")
        if request.headers["authorization"].removeprefix("Bearer ") not in self.tokens:
            return 400, {"code": 99991663, "msg": "Invalid access token for authorization"}
        userid = path.rpartition("%2F")[2]
        shown = self.people.get(userid)
        if shown is None or shown.get("hidden"):
            return 400, {"code": 41050, "msg": "no user authority error"}
        status = {"is_frozen": False, "is_resigned": not shown["works"], "is_activated": True, "is_exited": False}
        user = {"user_id": userid, "name": shown["name"], "department_ids": shown["departments"], "status": status}
        return 200, {"code": 0, "msg": "success", "data": {"user": user}}

    def _token(self, right: bool) -> dict[str, Any]:
        if not right:
            return {"errcode": 40001, "errmsg": "invalid credential"}
        self.tokens.append(f"app-{len(self.paths)}")
        return {"errcode": 0, "errmsg": "ok", "access_token": self.tokens[-1], "expires_in": 7200}

    def _redeemed(self, code: str, verifier: str = "") -> str | None:
        """Whose it is, once; with the proof that was promised."""
        userid, asked = self.codes.pop(code, (None, {}))
        proved = "code_challenge" not in asked or create_s256_code_challenge(verifier) == asked["code_challenge"]
        return userid if proved else None


@contextlib.asynccontextmanager
async def chats(folder: Path) -> AsyncIterator[Chats]:
    """All of them, for as long as this lasts."""
    server, trusted = certificate(folder, *HOSTS)
    fake = Chats()
    async with receiving(server) as receiver:
        fake.receiver, receiver.answer = receiver, fake.answer
        rules = Rules(HOSTS, resolver=loopback)
        use_rules(rules)
        use_carrier(Carrier(rules, trusted, ToReceiver(receiver.port)))
        try:
            yield fake
        finally:
            use_rules(Rules())


def settings(kind: str, **changes: Any) -> dict[str, Any]:
    """What the company's admin writes down."""
    gives = [{"claim": "departments", "value": "2", "roles": ["agent"]}]
    gives += [{"claim": "departments", "value": "3", "roles": ["manager"]}]
    corp = {} if kind == "feishu" else {"corp_id": CORP}
    return {"kind": kind, "client_id": APPS[kind], "client_secret": SECRET, "rules": gives} | corp | changes


def _result(**result: Any) -> dict[str, Any]:
    return {"errcode": 0, "errmsg": "ok", "result": result}


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
