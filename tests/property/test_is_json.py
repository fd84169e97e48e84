"""Whether a body is JSON is seen without building it, and as Python's own decoder sees it."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sources.aleta.jsonapi.tokens import BOTTOMLESS, is_json

PIECES = (
    *("{", "}", "[", "]", ",", ":", " ", "\n", "\t", "\x0b", '"', "\\", "'", "\ufeff", "é"),
    *('""', '"a"', '"\\u12ab"', '"\\ud83d"', '"\\u12"', '"\\x"', '"\\\\"', '"\\""', '"\x01"', '"\x7f"', '"é"'),
    *("0", "-0", "01", "-", "1.5", "1.", ".5", "1e5", "1E+05", "1e", "7" * 30, "0x1", "+1", "1_0"),
    *("true", "false", "null", "True", "nul", "truefalse", "NaN", "Infinity", "-Infinity"),
)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


def python_says(text: str) -> bool:
    def refuse(word: str) -> None:
        raise ValueError(word)

    try:
        json.loads(text, parse_constant=refuse)
    except ValueError:
        return False
    return True


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@example('[1,{"a":[],"b":{}}]')
@example('{"a":1,}')
@example('["a":1]')
@example("{1:2}")
@example("[]]")
@example("[}")
@example("1 2")
def test_f5_it_says_what_pythons_decoder_says(text):
    assert is_json(text.encode()) is python_says(text)


@given(values, st.sampled_from([None, 1]), st.booleans(), st.data())
def test_f5_of_a_document_too_whole_or_cut_short(value, indent, ascii_only, data):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    cut = text[: data.draw(st.integers(0, len(text)))]
    assert is_json(text.encode("utf-8", "surrogatepass"))
    assert is_json(cut.encode("utf-8", "surrogatepass")) is python_says(cut)


@pytest.mark.parametrize(("opened", "closed"), [(b"[", b"]"), (b'{"a":', b"}")])
@pytest.mark.parametrize(("levels", "said"), [(BOTTOMLESS, True), (BOTTOMLESS + 1, False), (1_000_000, False)])
def test_f6_a_bottomless_body_is_no_json_and_is_not_built(opened, closed, levels, said):
    """Near the interpreter's recursion limit values cannot be taken apart without `RecursionError`s of finalizers."""
    assert is_json(opened * levels + b"1" + closed * levels) is said
    assert not is_json(opened * levels + b"1" + closed * (levels - 1))


def test_f8_a_number_that_no_decoder_takes_is_json_all_the_same():
    assert is_json(b'{"a":' + b"7" * 10_000 + b',"b":"\\ud83d"}')
