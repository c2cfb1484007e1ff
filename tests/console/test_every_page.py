"""Every page that a role can reach, by following what it links to: whole, legible, within its bounds, in both languages."""

import re

import pytest
from walking import PEOPLE, UUID, pages

pytestmark = pytest.mark.browser
# A name of the program where people expect a word: two small words with an underscore, or a key of a text.
CODE = re.compile(r"\b[a-z]+(_[a-z]+)+\b|\b(field|tier|milestone|complaint_level)\.[a-z_]+\b")
# In a Chinese page a small foreign word is a code, too: no text has one but the names of files, and what is typed.
FOREIGN = re.compile(r"(?<![\w./@-])[a-z]{3,}(?![\w./@-])")
# The end of a tag, where an attribute ended before its time.
MARKUP = re.compile(r".{0,20}[\"']>.{0,20}")
# What does not fit into its cell of a table and is not shortened with a sign that it is: up to the cell's inner edge.
BEYOND = """all => all.filter(each => {
    const cell = each.closest("td, th"), style = getComputedStyle(cell)
    return each.offsetParent && each.getBoundingClientRect().right > cell.getBoundingClientRect().right - parseFloat(style.paddingRight) + 1
}).map(each => each.innerText)"""
KNOWN = frozenset({"xlsx", "csv", "pinyin", "docx", "pptx"})


def wrong_with(window, path, answer):
    """What people would stumble over."""
    text = window.page.locator("body").inner_text()
    found = [f"answered {answer.status}"] if answer.status != 200 else []
    found += [f"policy refused {each}" for each in window.violations()]
    found += [f"wider than the window by {window.overflow()}"] if window.overflow() > 0 else []
    beyond = window.page.eval_on_selector_all(":is(td, th) :is(.g-chip, .btn)", BEYOND)
    found += [f"does not fit into its cell: {each}" for each in beyond[:3]]
    found += [f"shows what stands in a tag: {each.group()}" for each in list(MARKUP.finditer(text))[:3]]
    found += [f"shows an id: {each}" for each in UUID.findall(text)[:3]]
    found += [f"shows a code: {each.group()}" for each in list(CODE.finditer(text))[:3]]
    if window.page.locator("html").get_attribute("lang") != "en":
        # What people sign in with is typed as it stands there.
        typed = set(window.page.locator("[data-login]").all_inner_texts())
        found += [f"shows a code: {each}" for each in sorted(set(FOREIGN.findall(text)) - KNOWN - typed)[:3]]
    return [f"{path}: {each}" for each in found]


@pytest.mark.parametrize(("company", "login"), PEOPLE)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_page_is_whole(window_of, company, login, language):
    window = window_of(language=language).sign_in(login, company)
    seen, wrong = 0, []
    for path, answer in pages(window):
        seen += 1
        wrong += wrong_with(window, path, answer)

    assert not wrong, "\n".join(wrong)
    assert seen > 1


@pytest.mark.parametrize(("company", "login"), PEOPLE[:3])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(window_of, company, login, theme):
    window = window_of(theme=theme).sign_in(login, company)
    wrong = []
    for path, _ in pages(window):
        wrong += [f"{path}: {each}" for each in window.axe()]

    assert wrong == []


@pytest.mark.parametrize(("company", "login"), PEOPLE[:2])
def test_on_a_telephone_no_page_is_wider_than_it(window_of, company, login):
    window = window_of(width=390, height=844).sign_in(login, company)
    wrong = [f"{path}: {window.overflow()}" for path, _ in pages(window) if window.overflow() > 0]

    assert wrong == []


@pytest.mark.parametrize("company", sorted({company for company, _ in PEOPLE}))
def test_every_page_of_a_customer_is_whole_in_every_company(window_of, company):
    window = window_of().sign_in("lead1", company)
    window.open("/console/customers?q=")
    customer = window.page.locator("[data-row]").first.get_attribute("data-row")
    window.open(customer)
    links = window.page.eval_on_selector_all("a[href]", "links => links.map(link => link.getAttribute('href'))")
    tabs = sorted({link for link in links if link.startswith(f"{customer}/")})
    wrong = [each for path in (customer, *tabs) for each in wrong_with(window, path, window.open(path))]

    assert wrong == []
    assert len(tabs) > 5
