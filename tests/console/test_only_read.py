"""What is left of a pack's panel beside a file that is lent: its words, and nothing that asks, sends or runs."""

import pytest

from guibin.console.only_read import only_read


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ('<p class="t13">A &lt;b&gt; &amp; B</p>', '<p class="t13">A &lt;b&gt; &amp; B</p>'),
        ('<form action="/x"><b>Stay</b><input name="a"><select><option>1</select></form>', "<b>Stay</b>"),
        ('<a href="/x" hx-get="/y">more</a><br/>', "more<br>"),
        ('<div hx-post="/x" onclick="y()" data-act="z" id="q" style="a">words</div>', "<div>words</div>"),
        ("<button><span>Write</span></button>after", "after"),
        ("<BUTTON>Write<BUTTON>twice</BUTTON></BUTTON>after", "after"),
        ("<button>never closed<p>words</p>", ""),
        ("<script>let a = '<p>no</p>'</script><style>p {}</style>x", "x"),
        ('<svg onload="y()"><a href="/x">z</a></svg>x', "x"),
        ('<td title="&quot; onmouseover=&quot;y()">1</td>', '<td title="&quot; onmouseover=&quot;y()">1</td>'),
        ('<img src="/x" onerror="y()"><iframe src="/x"></iframe><!-- hx-get -->', ""),
    ],
)
def test_words_stay_and_what_asks_goes(html, left):
    assert only_read(html) == left
