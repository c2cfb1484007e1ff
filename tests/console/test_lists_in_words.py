"""Several things one after another are parted as the reader's language parts them, on every page."""

import re

import pytest
from pack_values import all_packs

from guibin.app import pages
from guibin.console.looks import Look

# What pages may hold of Chinese: the seal's sign, and what titles of levels and lists of files that were left out are split by.
HELD = re.compile(r"贵|split\('[：、]'\)")


@pytest.fixture(scope="module")
def studio():
    return pages.studio_of(all_packs())


def test_no_template_parts_or_says_anything_in_one_language(studio):
    templates = studio.environment.list_templates(extensions=["html"])
    sources = {name: studio.environment.loader.get_source(studio.environment, name)[0] for name in templates}
    held = {
        name: found
        for name, text in sources.items()
        if (found := re.findall(r"[\u3001-\u303f\u4e00-\u9fff\uff00-\uffef]", HELD.sub("", text)))
    }

    assert held == {}
    assert len(sources) > 100


@pytest.mark.parametrize(
    ("language", "expected"),
    [("zh-CN", "现金、&lt;银行卡&gt;; 现金；卡"), ("en", "现金, &lt;银行卡&gt;; 现金; 卡")],
)
def test_lists_are_joined_in_the_readers_language_and_escaped(studio, language, expected):
    template = studio.environment.from_string(
        "{{ ['现金', '<银行卡>'] | joined }}; {{ ['现金', '卡'] | joined('semicolon') }}"
    )
    look = Look(language=language, theme="", density="normal")

    assert template.render(look=look, words=studio.words) == expected
