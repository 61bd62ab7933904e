"""Converting HTML by staff to plain text."""

import html
import re

import pytest
from django.utils.html import strip_tags
from hypothesis import given
from hypothesis import strategies as st

from commerce.rich_html import plain_text

PIECES = st.sampled_from(
    ["<p>", "</p>", "<br/>", "<b class='x'>", '<a href="a>b">', "<", ">", "&amp;", "&lt;", "< 3", "<!-- -->",
     "cup", "bowl", " ", "\n", "é", "<script>", "</script>", "'", '"']
)  # fmt: skip


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Cup</p><p>Bowl</p>", "Cup Bowl"),
        ("2 &lt; 3 <br>and 1 < 2", "2 < 3 and 1 < 2"),
        ('<a href="x>y">Mug</a>', "Mug"),
        (None, ""),
    ],
)
def test_text_without_its_tags(markup, text):
    assert plain_text(markup) == text


@given(st.lists(PIECES, max_size=12).map("".join))
def test_shortcut_agrees_with_a_parser(markup):
    parsed = html.unescape(strip_tags(re.sub("(?=<)", " ", markup)))

    assert plain_text(markup).split() == parsed.split()
