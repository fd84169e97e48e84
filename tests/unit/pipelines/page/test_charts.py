"""Charts that stand in a page on their own."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from pipelines.page.charts import LABEL, SLOTS, Group, bars, is_skewed


def drawn(series, groups, words="{:,.0f}".format):
    return ET.fromstring(bars(series, groups, said="What it shows", words=words))


def tips(chart):
    return [title.text for title in chart.iter("title")]


def rects(chart):
    return chart.findall(".//g[@class='series color-0']/rect")


def heights(chart):
    return [float(rect.get("height")) for rect in rects(chart)]


def marks(chart):
    return [text.text for text in chart.findall(".//g[@class='values']/text")]


def many(count):
    return [Group(label=f"d{number}", name=f"day {number}") for number in range(count)]


def test_every_value_is_a_bar_with_a_tip_and_nought_is_none():
    """A run that removed nothing has no bar for it."""
    days = [Group(label="1 May", name="2026-05-01"), Group(label="2 May", name="2026-05-02")]
    chart = drawn({"added": [30, 3], "removed": [0, 1]}, days)

    assert tips(chart) == ["2026-05-01, added: 30", "2026-05-02, added: 3", "2026-05-02, removed: 1"]
    assert len(list(chart.iter("rect"))) == 3


def test_bars_of_a_series_are_as_high_as_their_values():
    """Twice the value is twice the height."""
    chart = drawn({"n": [10, 20]}, many(2))

    ten, twenty = heights(chart)
    assert twenty == pytest.approx(2 * ten)


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
    svg = bars({"<n>": [1]}, [Group(label="<b>", name="<i>&", failure="<s>")], said='"><script>', words=lambda _: "<u>")

    assert "<b>" not in svg
    assert "<i>" not in svg
    assert "<u>" not in svg
    assert "<s>" not in svg
    assert "<script>" not in svg
    assert tips(ET.fromstring(svg)) == ["<i>&: <s>", "<i>&, <n>: <u>"]


def test_what_dwarfs_the_rest_does_not_hide_it():
    """A first load of 30,000 rows beside nights of ten: a night's bar is a fifth as high, not a three-thousandth."""
    values = [30_000, *[10] * 9]
    assert is_skewed(values)

    chart = drawn({"n": values}, many(10))

    first, night, *_ = heights(chart)
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


def labels(chart):
    return {text.text: float(text.get("x")) for text in chart.findall(".//g[@class='days']/text")}


def test_few_labels_are_all_there_and_of_many_some():
    """Twenty days would run into each other."""
    few, several = labels(drawn({"n": [1] * SLOTS}, many(SLOTS))), labels(drawn({"n": [1] * 20}, many(20)))

    assert sorted(few) == [f"d{number}" for number in range(SLOTS)]
    assert list(several) == ["d19", "d15", "d12", "d9", "d6", "d3", "d0"]
    places = list(several.values())
    assert min(later - earlier for later, earlier in pairwise(places)) >= LABEL
    assert max(places) + LABEL / 2 <= 480


def test_a_lonely_bar_does_not_fill_the_chart():
    """One run is as wide as one of six."""
    alone, six = (float(rects(drawn({"n": [1] * count}, many(count)))[0].get("width")) for count in (1, SLOTS))

    assert alone == pytest.approx(six)


def test_runs_of_one_day_share_its_label():
    """A line joins what began on the same day; each keeps its own bar and tip."""
    twice = [
        Group(label="1 May", name="1 May 02:00"),
        Group(label="1 May", name="1 May 14:00"),
        Group(label="2 May", name="2 May 02:00"),
    ]

    chart = drawn({"n": [1, 2, 3]}, twice)

    assert sorted(labels(chart)) == ["1 May", "2 May"]
    assert len(chart.findall(".//g[@class='days']/path")) == 1
    assert tips(chart) == ["1 May 02:00, n: 1", "1 May 14:00, n: 2", "2 May 02:00, n: 3"]


def test_a_failed_run_is_seen_though_it_brought_nothing():
    """A band as high as the chart, a cross, and the reason; bars stand before it."""
    chart = drawn({"n": [0, 5]}, [Group(label="1 May", name="1 May 02:00", failure="no key"), *many(1)])

    [band] = chart.findall("g[@class='failed']")
    assert band.findtext("title") == "1 May 02:00: no key"
    assert float(band.find("rect").get("height")) > 200
    assert band.find("path") is not None
    order = [group.get("class") for group in chart]
    assert order == ["values", "failed", "series color-0", "days"]
