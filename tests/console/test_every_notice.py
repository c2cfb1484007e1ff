"""Every notice that somebody of a demonstration company has leads them to a page that is theirs."""

import re
from contextlib import contextmanager

import httpx
import pytest

from conftest import PASSWORD

pytestmark = pytest.mark.browser
COMPANIES = ("hetian-bank", "sunrise-cable", "hongqi-hotel", "yu-mall", "xiang-mobile")
NOTICE = re.compile(r"/console/notices/[0-9a-f-]{36}")


@contextmanager
def signed_in(site, company, login):
    with httpx.Client(base_url=str(site), timeout=30) as person:
        answer = person.post("/api/v1/sessions", json={"company": company, "login": login, "password": PASSWORD})
        assert answer.status_code < 300, f"{login} of {company}: {answer.text}"
        yield person


def logins(site, company):
    with signed_in(site, company, "admin") as admin:
        found = admin.get("/api/v1/staff")
    assert found.status_code == 200, found.text
    return [each["login"] for each in found.json() if each["left_at"] is None]


@pytest.mark.parametrize("company", COMPANIES)
def test_every_notice_leads_to_a_page_of_its_readers(site, company):
    read, astray = 0, []
    for login in logins(site, company):
        with signed_in(site, company, login) as person:
            inbox = person.get("/console/notices")
            for notice in sorted(set(NOTICE.findall(inbox.text))) if inbox.status_code == 200 else ():
                read += 1
                answer = person.get(notice, follow_redirects=True)
                if answer.status_code != 200:
                    astray.append(f"{login}: {answer.history[-1].headers['location']} answers {answer.status_code}")

    assert astray == []
    assert read > 50
