"""Bar charts as SVG that stands in a page: no script, no style and no address of its own, and a tip on every bar. Pure.

The page's stylesheet paints them: series are `.color-0`, `.color-1`, ... in order.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from xml.etree import ElementTree as ET

import pygal
from pygal import PluginImportFixer
from pygal.style import Style

WIDTH, HEIGHT = 480, 280  # with this letter size it can be read on a telephone, and three stand side by side
LETTERS = 16
SKEWED = 20  # times the median: then equal steps would hide all but the largest
MARKS = 4  # on the upright axis, beside nought
FEW = 6  # labels below are all written; of more, one in EVERY
EVERY = 4

# On its import, for its maps, the library hooks itself into every import that follows, through an interface that Python
# warns of: what no chart here needs, nobody else should meet.
sys.meta_path[:] = [one for one in sys.meta_path if not isinstance(one, PluginImportFixer)]

Words = Callable[[float], str]


def bars(series: Mapping[str, Sequence[float]], groups: Sequence[tuple[str, str]], *, said: str, words: Words) -> str:
    """A group of bars for each of *groups*, one of them for each of *series*; a bar of nought is not there.

    Args:
        series: by name, with a value of at least 0 for each group.
        groups: what stands below each, and what its tips call it.
        said: what the chart shows, for who cannot see it.
        words: a value as text.
    """
    blank = max(0, FEW - len(groups))  # a lonely bar would fill the chart
    groups = [("", "")] * blank + list(groups)
    series = {name: [0.0] * blank + list(values) for name, values in series.items()}
    scale = _scale([one for values in series.values() for one in values])
    chart = pygal.Bar(
        width=WIDTH, height=HEIGHT, margin=4, spacing=4, show_legend=False, show_minor_x_labels=False, js=[],
        x_labels_major_every=1 if len(groups) <= FEW else EVERY, truncate_label=-1, range=(0, scale(_top(series))),
        style=Style(label_font_size=LETTERS, major_label_font_size=LETTERS),
    )  # fmt: skip
    chart.x_labels = [label for label, _ in groups]
    chart.y_labels = [{"value": scale(one), "label": words(one)} for one in _marks(_top(series), scale)]
    for name, values in series.items():
        tips = [f"{group}, {name}: {words(one)}" for (_, group), one in zip(groups, values, strict=True)]
        chart.add(
            name, [{"value": scale(one), "label": tip} if one else None for one, tip in zip(values, tips, strict=True)]
        )
    return _cleaned(chart.render(is_unicode=True), said)


def is_skewed(values: Sequence[float]) -> bool:
    """Whether the largest dwarfs the rest, so that the chart's steps are of tens."""
    there = [one for one in values if one]
    return bool(there) and max(there) > SKEWED * median(there)


def _scale(values: Sequence[float]) -> Callable[[float], float]:
    return (lambda value: math.log10(1 + value)) if is_skewed(values) else float


def _top(series: Mapping[str, Sequence[float]]) -> float:
    return max((one for values in series.values() for one in values), default=0) or 1


def _marks(top: float, scale: Callable[[float], float]) -> list[float]:
    """Nought, and round values up to *top*."""
    if scale(9) == 1:
        tens = max(1, math.ceil(math.log10(1 + top) / MARKS))
        return [0, *(10.0**power for power in range(tens, 40, tens) if 10.0**power <= top)]
    step = max(1.0, 10.0 ** math.floor(math.log10(top / MARKS)))  # there is no half row
    wide = next(step * times for times in (1, 2, 5, 10) if top // (step * times) <= MARKS)
    return [wide * number for number in range(MARKS + 1) if wide * number <= top]


def _cleaned(svg: str, said: str) -> str:
    """Only what is drawn, named for a screen reader; tips as every browser shows them."""
    root = ET.fromstring(svg)  # noqa: S314 - the library's own, just made
    for one in list(root.iter()):
        one.tag = one.tag.partition("}")[2] or one.tag
    for one in list(root.iter()):
        tip = one.findtext("desc[@class='label']")
        for child in list(one):
            if child.tag in {"defs", "desc", "title"} or "overlay" in child.get("class", ""):
                one.remove(child)  # what waits for the library's script, and its own words
        if tip:
            ET.SubElement(one, "title").text = tip
    root.attrib = {"viewBox": root.attrib["viewBox"], "role": "img", "aria-label": said, "class": "chart"}
    return ET.tostring(root, encoding="unicode")
