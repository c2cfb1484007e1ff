"""Every page that a role can reach, by following what pages link to."""

import re
from urllib.parse import urlsplit

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
PEOPLE = [
    ("sunrise-cable", "desk"),
    ("hetian-bank", "manager11"),
    ("hongqi-hotel", "lead1"),
    ("xiang-mobile", "admin"),
    ("yu-mall", "auditor"),
]
# So many pages of one kind are looked at.
OF_A_KIND = 2
PAGES_MAX = 60


def pages(window):
    """Pages reached from the first one: their addresses, at most OF_A_KIND of each kind."""
    waiting, seen = ["/console/"], {}
    while waiting and sum(map(len, seen.values())) < PAGES_MAX:
        path = waiting.pop(0)
        kind = UUID.sub("…", urlsplit(path).path)
        looked = seen.setdefault(kind, [])
        if path in looked or len(looked) >= OF_A_KIND:
            continue
        looked.append(path)
        answer = window.open(path)
        yield path, answer
        found = window.page.eval_on_selector_all(
            "a[href]:not([download])", "links => links.map(link => link.getAttribute('href'))"
        )
        waiting += [each for each in found if each.startswith("/console/") and "sign-in" not in each]
