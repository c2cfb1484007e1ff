"""What a refusal says on pages: the text of its kind in the reader's language, and what it says of this very case."""

import pytest
from pack_values import all_packs

from guibin.app import pages
from guibin.console.forms import told
from guibin.console.looks import Look
from guibin.web.problems import Problem


@pytest.fixture(scope="module")
def studio():
    return pages.studio_of(all_packs())


def said(studio, language, title, detail, kind="quota-used-up"):
    problem = Problem(type=f"https://guibin.example/problems/{kind}", title=title, status=409, detail=detail)
    return told(problem, studio, Look(language=language, theme="", density="normal"))


@pytest.mark.parametrize(
    ("language", "detail", "expected"),
    [
        ("zh-CN", "2 of 5 are left, 3 were asked for", "这项权益已经用完：还剩 2（共 5），要 3"),
        ("zh-CN", "Ask Wang for more", "这项权益已经用完"),
        ("en", "2 of 5 are left, 3 were asked for", "The right is used up. 2 of 5 are left, 3 were asked for"),
        ("en", "Ask Wang for more", "The right is used up. Ask Wang for more"),
    ],
)
def test_what_it_says_of_this_case_stands_beside_the_text_of_its_kind(studio, language, detail, expected):
    assert said(studio, language, "Used up", detail) == expected


def test_one_without_a_text_says_what_was_raised(studio):
    assert said(studio, "zh-CN", "Odd", "Nobody knows", kind="no-such-kind") == "Odd. Nobody knows"
