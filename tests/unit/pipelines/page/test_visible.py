"""Characters that nobody would see are named."""

from __future__ import annotations

import pytest
from markupsafe import Markup

from pipelines.page.visible import breakable, visible


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("Søn & 李 👩", "Søn & 李 👩", id="letters"),
        pytest.param("a\u202eb", "a⟨U+202E⟩b", id="right to left"),
        pytest.param("\u2066\u200b\u200d\ufeff", "⟨U+2066⟩⟨U+200B⟩⟨U+200D⟩⟨U+FEFF⟩", id="invisible"),
        pytest.param("\x1b[0m\x00\x7f\x85", "⟨U+001B⟩[0m⟨U+0000⟩⟨U+007F⟩⟨U+0085⟩", id="control"),
        pytest.param("a\tb\nc\u2028", "a⟨U+0009⟩b⟨U+000A⟩c⟨U+2028⟩", id="breaks"),
        pytest.param("\ud800\U000e0041", "⟨U+D800⟩⟨U+E0041⟩", id="surrogates and tags"),
        pytest.param(7, 7, id="a number"),
        pytest.param(None, None, id="nothing"),
        pytest.param(Markup("<b>\n</b>"), Markup("<b>\n</b>"), id="markup"),
    ],
)
def test_what_cannot_be_seen_is_named(value, expected):
    """Everything else is as it was."""
    assert visible(value) == expected


def test_a_long_name_breaks_between_its_words_and_is_still_text():
    """After an underscore or a dot; what is within is escaped."""
    assert breakable("holdings__classes.anAttribute") == "holdings__<wbr>classes.<wbr>anAttribute"
    assert breakable("a_<b>\u202e") == "a_<wbr>&lt;b&gt;⟨U+202E⟩"
