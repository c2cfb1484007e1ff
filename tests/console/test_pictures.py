"""Pictures of every page, for people to look at: `make pictures` writes them to .guibin/pictures, those of the handbook to
docs/pictures."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image
from walking import PEOPLE, pages

pytestmark = pytest.mark.pictures
FOLDER = Path(__file__).parents[2] / ".guibin/pictures"
KINDS = [
    ("zh-CN", "light", 1366, 768),
    ("en", "dark", 1366, 768),
    ("zh-CN", "light", 390, 844),
]


@pytest.mark.parametrize(("company", "login"), PEOPLE)
@pytest.mark.parametrize(("language", "theme", "width", "height"), KINDS)
def test_pictures_are_taken(window_of, company, login, language, theme, width, height):
    window = window_of(language=language, theme=theme, width=width, height=height).sign_in(login, company)
    folder = FOLDER / f"{company}-{login}-{language}-{theme}-{width}"
    folder.mkdir(parents=True, exist_ok=True)
    for number, (path, _) in enumerate(pages(window)):
        name = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")[:60] or "first"
        window.page.screenshot(path=folder / f"{number:02}-{name}.png", full_page=width < 600)

    assert list(folder.iterdir())


# What the handbook shows, for the readers of either language: its name, whose page, where, which keys, and how wide.
DOCS = Path(__file__).parents[2] / "docs/pictures"
DESK, TELEPHONE = (1280, 800), (390, 780)
SHOWN = [
    ("workbench", ("hetian-bank", "desk"), "/console/", "", DESK),
    ("complaints", ("hetian-bank", "desk"), "/console/complaints?running=true", "j j", DESK),
    ("complaint", ("hetian-bank", "desk"), "/console/complaints?running=true", "j Enter", DESK),
    ("customer", ("hetian-bank", "manager11"), "/console/customers?q=", "j Enter", DESK),
    ("reception", ("hongqi-hotel", "lead1"), "/console/receptions?running=true", "j Enter", DESK),
    ("find", ("hetian-bank", "manager11"), "/console/", "Control+k", DESK),
    ("day", ("hetian-bank", "manager11"), "/console/", "", TELEPHONE),
]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_pictures_of_the_handbook_are_taken(window_of, language):
    DOCS.mkdir(exist_ok=True)
    for name, (company, login), path, keys, (width, height) in SHOWN:
        window = window_of(language=language, width=width, height=height).sign_in(login, company)
        window.open(path)
        for key in keys.split():
            window.press(key)
            window.page.wait_for_timeout(600)
        _kept(window.page.screenshot(), DOCS / f"{name}.{language[:2]}.webp")

    assert len(list(DOCS.glob(f"*.{language[:2]}.webp"))) == len(SHOWN)


def _kept(picture, file):
    """Small enough to lie beside the text."""
    with Image.open(io.BytesIO(picture)) as image:
        image.convert("RGB").save(file, "WEBP", quality=70, method=6)
