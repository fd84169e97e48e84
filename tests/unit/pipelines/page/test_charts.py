"""Charts that stand in a page on their own."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from pipelines.page.charts import FEW, bars, is_skewed


def drawn(series, groups, words="{:,.0f}".format):
    return ET.fromstring(bars(series, groups, said="What it shows", words=words))


def tips(chart):
    return [one.text for one in chart.iter("title")]


def marks(chart):
    return [one.findtext("text") for one in chart.find(".//g[@class='axis y always_show']").findall("g")]


def many(count):
    return [(f"d{number}", f"day {number}") for number in range(count)]


def test_every_value_is_a_bar_with_a_tip_and_nought_is_none():
    """A run that removed nothing has no bar for it."""
    chart = drawn({"added": [30, 3], "removed": [0, 1]}, [("1 May", "2026-05-01"), ("2 May", "2026-05-02")])

    assert tips(chart) == ["2026-05-01, added: 30", "2026-05-02, added: 3", "2026-05-02, removed: 1"]
    assert len(chart.findall(".//g[@class='bar']/rect")) == 3


def test_bars_of_a_series_are_as_high_as_their_values():
    """Twice the value is twice the height."""
    chart = drawn({"n": [10, 20]}, many(2))

    one, two = (float(bar.get("height")) for bar in chart.findall(".//g[@class='bar']/rect"))
    assert two == pytest.approx(2 * one)


def test_only_what_is_drawn_is_left():
    """No script, no style, no id that another chart has too, no address: not even a namespace's."""
    svg = bars({"n": [1]}, many(1), said="What it shows", words=str)

    for word in ("<script", "<style", "style=", " id=", "://", "xmlns", "<desc", "overlay", "pygal"):
        assert word not in svg
    assert ET.fromstring(svg).attrib == {
        "viewBox": "0 0 480 280",
        "role": "img",
        "aria-label": "What it shows",
        "class": "chart",
    }


def test_what_a_label_says_is_text():
    """Nothing that is written into a chart becomes markup."""
    svg = bars({"<n>": [1]}, [("<b>", "<i>&")], said='"><script>', words=lambda _: "<u>")

    assert "<b>" not in svg
    assert "<i>" not in svg
    assert "<u>" not in svg
    assert "<script>" not in svg
    assert tips(ET.fromstring(svg)) == ["<i>&, <n>: <u>"]


def test_what_dwarfs_the_rest_does_not_hide_it():
    """A first load of 30,000 rows beside nights of ten: a night's bar is a fifth as high, not a three-thousandth."""
    values = [30_000, *[10] * 9]
    assert is_skewed(values)

    chart = drawn({"n": values}, many(10))

    first, night, *_ = (float(bar.get("height")) for bar in chart.findall(".//g[@class='bar']/rect"))
    assert night > first / 5
    assert marks(chart) == ["0", "100", "10,000"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([86, 50], ["0", "20", "40", "60", "80"], id="ordinary"),
        pytest.param([4, 4], ["0", "1", "2", "3", "4"], id="small"),
        pytest.param([1, 1], ["0", "1"], id="one"),
        pytest.param([0, 0], ["0", "1"], id="nothing"),
        pytest.param([0.4, 0.3], ["0"], id="less than one"),
    ],
)
def test_the_axis_has_a_few_round_marks(values, expected):
    """Five at most, however high the bars are."""
    assert marks(drawn({"n": values}, many(2), words=lambda value: f"{value:g}")) == expected


def test_nothing_is_skewed_where_nothing_is():
    """Noughts are no bars, and a lonely value is beside nothing."""
    assert not is_skewed([])
    assert not is_skewed([0, 0])
    assert not is_skewed([0, 0, 1000])
    assert is_skewed([1, 1, 21])


def test_few_labels_are_all_there_and_of_many_some():
    """Twenty days would run into each other."""
    few, several = drawn({"n": [1] * FEW}, many(FEW)), drawn({"n": [1] * 20}, many(20))

    def labels(chart):
        return [text for one in chart.findall(".//g[@class='axis x']/g") if (text := one.findtext("text"))]

    assert labels(few) == [f"d{number}" for number in range(FEW)]
    assert labels(several) == ["d0", "d4", "d8", "d12", "d16"]


def test_a_lonely_bar_does_not_fill_the_chart():
    """One run is as wide as one of six."""
    alone, six = (
        float(drawn({"n": [1] * count}, many(count)).find(".//g[@class='bar']/rect").get("width")) for count in (1, FEW)
    )

    assert alone == pytest.approx(six)
