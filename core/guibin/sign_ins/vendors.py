"""Enterprise chats by which a company's people sign in: WeCom (企业微信), DingTalk (钉钉) and Feishu (飞书), as their documents say.

What differs between them stands here as values; the one flow is in `steps.py`. Names in braces are what is known by then.
"""

from typing import Any, Literal

from msgspec import Struct

Kind = Literal["openid", "wecom", "dingtalk", "feishu"]
# The claims that only the company itself writes there: who somebody is, and where they belong. Names and numbers they may change.
CLAIMS = ("departments", "preferred_username")


class Step(Struct, frozen=True, kw_only=True):
    """One request: a GET, or a POST where there is a `body`; `learns` says where in the answer what is known from then on stands.

    With `by_app` it needs the app's own token. `names` whoever came; an answer without it is about nobody of the company.
    """

    url: str
    learns: dict[str, str]
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    body: dict[str, str] | None = None
    by_app: bool = False
    names: str = ""


class Vendor(Struct, frozen=True, kw_only=True):
    """`page` is where the browser goes, asking `asks`; it comes back with `code`. `app_token` is kept until it expires.

    `subject` is who they are, never given to another; `works_here` what is so of whoever works there still. Of the codes in
    answers `gone` mean that they do not, or that the app may not see them, `stale` that the app's token holds no more.
    """

    page: str
    asks: dict[str, str]
    code: str = "code"
    has_corp_id: bool = True
    app_token: Step
    steps: tuple[Step, ...]
    subject: str
    works_here: dict[str, Any]
    gone: frozenset[int | str]
    stale: frozenset[int | str]


# developer.work.weixin.qq.com/document: 98152 and 98171 (page), 91039 (token), 98177 (who came), 90196 (member).
WECOM = Vendor(
    page="https://login.work.weixin.qq.com/wwlogin/sso/login",
    asks={
        "login_type": "CorpApp",
        "appid": "{corp_id}",
        "agentid": "{client_id}",
        "redirect_uri": "{back_to}",
        "state": "{state}",
    },
    app_token=Step(
        url="https://qyapi.weixin.qq.com/cgi-bin/gettoken",
        query={"corpid": "{corp_id}", "corpsecret": "{secret}"},
        learns={"app_token": "access_token", "lasts_s": "expires_in"},
    ),
    steps=(
        Step(
            url="https://qyapi.weixin.qq.com/cgi-bin/auth/getuserinfo",
            query={"access_token": "{app_token}", "code": "{code}"},
            learns={"userid": "userid"},
            by_app=True,
            names="userid",
        ),
        Step(
            url="https://qyapi.weixin.qq.com/cgi-bin/user/get",
            query={"access_token": "{app_token}", "userid": "{userid}"},
            learns={"userid": "userid", "name": "name", "departments": "department", "status": "status"},
            by_app=True,
        ),
    ),
    subject="userid",
    works_here={"status": 1},
    gone=frozenset({60111, 60011}),
    stale=frozenset({40014, 42001}),
)

# open.dingtalk.com/document: obtain-identity-credentials (page, code), dingtalk-retrieve-user-information (who came),
# obtain-orgapp-token (token), query-a-user-by-the-union-id and query-user-details (member).
DINGTALK = Vendor(
    page="https://login.dingtalk.com/oauth2/auth",
    asks={
        "redirect_uri": "{back_to}",
        "response_type": "code",
        "client_id": "{client_id}",
        "scope": "openid corpid",
        "state": "{state}",
        "prompt": "consent",
    },
    code="authCode",
    app_token=Step(
        url="https://oapi.dingtalk.com/gettoken",
        query={"appkey": "{client_id}", "appsecret": "{secret}"},
        learns={"app_token": "access_token", "lasts_s": "expires_in"},
    ),
    steps=(
        Step(
            url="https://api.dingtalk.com/v1.0/oauth2/userAccessToken",
            body={
                "clientId": "{client_id}",
                "clientSecret": "{secret}",
                "code": "{code}",
                "grantType": "authorization_code",
            },
            learns={"user_token": "accessToken", "chosen": "corpId"},
        ),
        Step(
            url="https://api.dingtalk.com/v1.0/contact/users/me",
            headers={"x-acs-dingtalk-access-token": "{user_token}"},
            learns={"union_id": "unionId"},
            names="union_id",
        ),
        Step(
            url="https://oapi.dingtalk.com/topapi/user/getbyunionid",
            query={"access_token": "{app_token}"},
            body={"unionid": "{union_id}"},
            learns={"userid": "result.userid", "contact": "result.contact_type"},
            by_app=True,
            names="userid",
        ),
        Step(
            url="https://oapi.dingtalk.com/topapi/v2/user/get",
            query={"access_token": "{app_token}"},
            body={"userid": "{userid}"},
            learns={"name": "result.name", "departments": "result.dept_id_list", "active": "result.active"},
            by_app=True,
        ),
    ),
    subject="union_id",
    works_here={"chosen": "{corp_id}", "contact": 0, "active": True},
    gone=frozenset({60121, 50002}),
    stale=frozenset({40014, 42001}),
)

# open.feishu.cn/document: obtain-oauth-code (page), get-user-access-token, authen-v1/user_info/get (who came),
# tenant_access_token_internal (token), contact-v3/user/get (member).
FEISHU = Vendor(
    page="https://accounts.feishu.cn/open-apis/authen/v1/authorize",
    asks={
        "client_id": "{client_id}",
        "response_type": "code",
        "redirect_uri": "{back_to}",
        "state": "{state}",
        "code_challenge": "{challenge}",
        "code_challenge_method": "S256",
    },
    has_corp_id=False,
    app_token=Step(
        url="https://open.feishu.cn/open-apis/auth/v3/tenant_access_token/internal",
        body={"app_id": "{client_id}", "app_secret": "{secret}"},
        learns={"app_token": "tenant_access_token", "lasts_s": "expire"},
    ),
    steps=(
        Step(
            url="https://open.feishu.cn/open-apis/authen/v2/oauth/token",
            body={
                "grant_type": "authorization_code",
                "client_id": "{client_id}",
                "client_secret": "{secret}",
                "code": "{code}",
                "redirect_uri": "{back_to}",
                "code_verifier": "{verifier}",
            },
            learns={"user_token": "access_token"},
        ),
        Step(
            url="https://open.feishu.cn/open-apis/authen/v1/user_info",
            headers={"Authorization": "Bearer {user_token}"},
            learns={"union_id": "data.union_id"},
            names="union_id",
        ),
        Step(
            url="https://open.feishu.cn/open-apis/contact/v3/users/{union_id}",
            query={"user_id_type": "union_id", "department_id_type": "open_department_id"},
            headers={"Authorization": "Bearer {app_token}"},
            learns={
                "userid": "data.user.user_id",
                "name": "data.user.name",
                "departments": "data.user.department_ids",
                "frozen": "data.user.status.is_frozen",
                "resigned": "data.user.status.is_resigned",
                "exited": "data.user.status.is_exited",
                "activated": "data.user.status.is_activated",
            },
            by_app=True,
        ),
    ),
    subject="union_id",
    works_here={"frozen": False, "resigned": False, "exited": False, "activated": True},
    gone=frozenset({41050, 41012, 20010}),
    stale=frozenset({99991663}),
)

VENDORS = {"wecom": WECOM, "dingtalk": DINGTALK, "feishu": FEISHU}
