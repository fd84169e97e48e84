"""Bar charts as SVG that stands in a page: no script, no style and no address of its own, and a tip on every bar. Pure.

The page's stylesheet paints them: series are `.color-0`, `.color-1`, ... in order, failed runs `.failed`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median
from xml.etree import ElementTree as ET

WIDTH, HEIGHT = 480, 280  # with the page's letters it can be read on a telephone, and three stand side by side
TOP, RIGHT, BOTTOM = 12, 8, 246  # the plot's edges; below it stand the days
LETTER = 10.5  # how wide a letter is at most: makes room for the values at the left
LABEL = 60  # how wide the label of a day is, with room around it
GAP = 0.2  # of a slot, between the bars of two runs
SLOTS = 6  # at least: a lonely bar would fill the chart
SKEWED = 20  # times the median: then equal steps would hide all but the largest
MARKS = 4  # on the upright axis, beside nought

Format = Callable[[float], str]
Scale = Callable[[float], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What the bars at one place stand for.

    Attributes:
        label: stands below; neighbours with the same label share one.
        name: what the tips call it.
        failure: why there is no more to draw; empty where it did not fail.
    """

    label: str
    name: str
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """Where values and groups are on the drawing."""

    left: float
    slot: float
    blank: int
    top: float
    scale: Scale

    def x(self, place: float) -> float:
        return round(self.left + (self.blank + place) * self.slot, 2)

    def height(self, value: float) -> float:
        return round((BOTTOM - TOP) * self.scale(value) / self.top, 2)


def bars(series: Mapping[str, Sequence[float]], groups: Sequence[Group], *, said: str, words: Format) -> str:
    """A group of bars for each of *groups*, one of them for each of *series*; a bar of nought is not there.

    Args:
        series: by name, with a value of at least 0 for each group.
        groups: from left to right.
        said: what the chart shows, for who cannot see it.
        words: a value as text.
    """
    top = max((value for values in series.values() for value in values), default=0) or 1
    scale = _scale([value for values in series.values() for value in values])
    marks = _marks(top, scale)
    left = LETTER * max(len(words(mark)) for mark in marks) + 8
    slots = max(SLOTS, len(groups))
    plot = Plot(
        left=left, slot=(WIDTH - RIGHT - left) / slots, blank=slots - len(groups), top=scale(top), scale=scale
    )  # fmt: skip
    root = ET.Element("svg", {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "role": "img", "aria-label": said, "class": "chart"})
    root.extend([_values(plot, marks, words), *_failures(plot, groups), *_series(plot, series, groups, words)])
    root.append(_days(plot, groups))
    return ET.tostring(root, encoding="unicode")


def is_skewed(values: Sequence[float]) -> bool:
    """Whether the largest dwarfs the rest, so that the chart's steps are of tens."""
    there = [value for value in values if value]
    return bool(there) and max(there) > SKEWED * median(there)


def _scale(values: Sequence[float]) -> Scale:
    return (lambda value: math.log10(1 + value)) if is_skewed(values) else float


def _marks(top: float, scale: Scale) -> list[float]:
    """Nought, and round values up to *top*."""
    if scale(9) == 1:
        tens = max(1, math.ceil(math.log10(1 + top) / MARKS))
        return [0, *(10.0**power for power in range(tens, 40, tens) if 10.0**power <= top)]
    step = max(1.0, 10.0 ** math.floor(math.log10(top / MARKS)))  # there is no half row
    wide = next(step * times for times in (1, 2, 5, 10) if top // (step * times) <= MARKS)
    return [wide * number for number in range(MARKS + 1) if wide * number <= top]


def _values(plot: Plot, marks: Sequence[float], words: Format) -> ET.Element:
    """The upright axis: a line and a label for each mark."""
    axis = ET.Element("g", {"class": "values"})
    for mark in marks:
        y = BOTTOM - plot.height(mark)
        ET.SubElement(axis, "path", {"d": f"M{plot.left} {y:g}H{WIDTH - RIGHT}"})
        ET.SubElement(axis, "text", {"x": f"{plot.left - 8}", "y": f"{y + 5:g}"}).text = words(mark)
    return axis


def _failures(plot: Plot, groups: Sequence[Group]) -> Iterator[ET.Element]:
    """A band and a cross where a run failed, whose bars may be few or none."""
    for place, group in enumerate(groups):
        if group.failure:
            band = ET.Element("g", {"class": "failed"})
            left, width = plot.x(place), round(plot.slot, 2)
            ET.SubElement(band, "title").text = f"{group.name}: {group.failure}"
            ET.SubElement(band, "rect", _box(left, TOP, width, BOTTOM - TOP))
            middle, arm = left + width / 2, min(5, width / 3)
            across = f"{2 * arm:g} {2 * arm:g}M{middle - arm:g} {TOP + 12 + arm:g}l{2 * arm:g} {-2 * arm:g}"
            ET.SubElement(band, "path", {"d": f"M{middle - arm:g} {TOP + 12 - arm:g}l{across}"})
            yield band


def _series(
    plot: Plot, series: Mapping[str, Sequence[float]], groups: Sequence[Group], words: Format
) -> Iterator[ET.Element]:
    width = plot.slot * (1 - GAP) / max(1, len(series))
    for number, (name, values) in enumerate(series.items()):
        drawn = ET.Element("g", {"class": f"series color-{number}"})
        for place, (group, value) in enumerate(zip(groups, values, strict=True)):
            if value:
                left, height = plot.x(place + GAP / 2) + number * width, plot.height(value)
                bar = ET.SubElement(drawn, "rect", _box(left, BOTTOM - height, width, height))
                ET.SubElement(bar, "title").text = f"{group.name}, {name}: {words(value)}"
        yield drawn


def _days(plot: Plot, groups: Sequence[Group]) -> ET.Element:
    """The level axis: neighbours with one label stand on one line. The last is there, and others as there is room."""
    axis = ET.Element("g", {"class": "days"})
    place, free = len(groups), float(WIDTH)
    for label, shared in groupby(group.label for group in reversed(groups)):
        count = len(list(shared))
        place -= count
        if count > 1:
            edges = f"M{plot.x(place + GAP / 2):g} {BOTTOM + 4}H{plot.x(place + count - GAP / 2):g}"
            ET.SubElement(axis, "path", {"d": edges})
        middle = min(plot.x(place + count / 2), WIDTH - LABEL / 2)
        if middle + LABEL / 2 <= free:
            ET.SubElement(axis, "text", {"x": f"{middle:g}", "y": f"{BOTTOM + 22}"}).text = label
            free = middle - LABEL / 2
    return axis


def _box(left: float, top: float, width: float, height: float) -> dict[str, str]:
    return {"x": f"{left:.2f}", "y": f"{top:.2f}", "width": f"{width:.2f}", "height": f"{height:.2f}"}
