"""Words from outside are safe to show, and hold no piece of a secret (rule S2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.aleta.safe_text import first_line, printable, without_pieces

SECRET = "abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Zürich — 納税", "Zürich — 納税"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\x1b]8;;http://x\x07link", r"\x1b]8;;http://x\x07link"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x9b2J", r"\x9b2J"),
        ("abc\u202edef", r"abc\u202edef"),
        ("\u2066x\u2069", r"\u2066x\u2069"),
        ("\ud83d", r"\ud83d"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_what_a_terminal_would_obey_is_shown_as_its_escape(text, shown):
    """Control, escape, bidirectional and invisible characters."""
    assert printable(text) == shown


def test_what_is_to_be_kept_is_kept():
    """The lines of a report are its own."""
    assert printable("a\nb\x1b", keep="\n") == "a\nb\\x1b"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"sent {SECRET}", "sent ***"),
        (f"sent {SECRET[:6]}", "sent ***"),
        (f"sent {SECRET[10:17]}... ok", "sent ***... ok"),
        (f"sent {SECRET[:5]}", f"sent {SECRET[:5]}"),
        (f"{SECRET[:8]}-{SECRET[20:30]}", "***-***"),
        ("nothing of it", "nothing of it"),
    ],
)
def test_six_letters_of_a_secret_are_masked(text, shown):
    """A server that truncates what it quotes gives nothing away."""
    assert without_pieces(text, [SECRET, ""]) == shown


def test_a_short_secret_is_masked_whole():
    """It has no six letters."""
    assert without_pieces("is abc here", ["abc"]) == "is *** here"


@given(st.text(alphabet="abcx", max_size=60), st.text(alphabet="abc", min_size=6, max_size=20))
def test_no_run_of_six_letters_survives(text, secret):
    """Whatever the text and the secret are."""
    shown = without_pieces(text, [secret])
    runs = {secret[at : at + 6] for at in range(len(secret) - 5)}
    assert not any(run in shown for run in runs)


def test_colours_of_a_library_s_message_are_left_out():
    """They say nothing, and would stand there as escapes."""
    assert first_line(ValueError("\x1b[31mno\x1b[0m \x1b[1;4mbucket\x1b[m\nrow 5")) == "no bucket"
