"""The charts, as SVG from FOLDER/results.json into FOLDER/charts/; runs in an environment of its own.

python -m benchmarks.charts FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.results import CHANGED, FIRST, RESUMED, UNCHANGED, Report, Result, median

OURS = "ours"
OUR_COLOUR, THEIR_COLOUR = "#0b7a75", "#9aa5b1"
WRONG = {"missing": "#b3261e", "extra": "#e08a3c", "stale": "#7a4fa3"}
BARS = 0.62
STYLE = {
    "svg.hashsalt": "aleta-sync",  # the same results give the same file
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "figure.facecolor": "white",
}


def switch(report: Report, world: str) -> Figure:
    """The one that says why: rows that are wrong after a night with changes, and what the first load took."""
    limited = next((name for name, facts in report.worlds.items() if facts["per_minute"]), world)
    figure = _figure(3)
    wrong, asked, taken = figure.axes
    _stacked(wrong, report, report.of_scenario(world, CHANGED))
    wrong.set_title("Rows wrong after a changed night")
    _bars(asked, report, _medians(report.of_scenario(world, FIRST), "requests"), "{:,.0f}")
    asked.set_title("Requests of the first load")
    _bars(taken, report, _medians(report.of_scenario(limited, FIRST), "seconds"), "{:.1f} s")
    taken.set_title(f"First load, {limited}")
    return figure


def seconds(report: Report, world: str) -> Figure:
    """Each scenario's seconds, side by side."""
    return _scenarios(report, world, "seconds", "{:.1f} s")


def requests(report: Report, world: str) -> Figure:
    """Each scenario's requests; the line is the fewest that a first load can do with."""
    figure = _scenarios(report, world, "requests", "{:,.0f}")
    figure.axes[0].axvline(int(str(report.worlds[world]["fewest_requests"])), color="black", lw=0.8, ls=":")
    return figure


def memory(report: Report, world: str) -> Figure:
    """Peak memory of the first load."""
    figure = _figure(1)
    _bars(figure.axes[0], report, _medians(report.of_scenario(world, FIRST), "megabytes"), "{:,.0f} MB")
    figure.axes[0].set_title("Peak memory of the first load")
    return figure


CHARTS = {chart.__name__: chart for chart in (switch, seconds, requests, memory)}
TITLES = {FIRST: "First load", UNCHANGED: "Unchanged night", CHANGED: "Changed night", RESUMED: "After a kill"}


def _scenarios(report: Report, world: str, measure: str, shape: str) -> Figure:
    figure = _figure(len(TITLES))
    for axes, (scenario, title) in zip(figure.axes, TITLES.items(), strict=True):
        _bars(axes, report, _medians(report.of_scenario(world, scenario), measure), shape)
        axes.set_title(f"{title}, {measure}")
    return figure


def _figure(panels: int) -> Figure:
    figure = Figure(figsize=(max(4.6, 3.6 * panels), 2.4), layout="constrained")
    figure.subplots(1, panels, sharey=True)
    return figure


def _bars(axes: Axes, report: Report, values: Mapping[str, float], shape: str) -> None:
    colours = [OUR_COLOUR if name == OURS else THEIR_COLOUR for name in values]
    drawn = axes.barh(_titles(report, values), list(values.values()), BARS, color=colours)
    axes.bar_label(drawn, [shape.format(value) for value in values.values()], padding=3)
    _tidy(axes, max(values.values(), default=0))


def _stacked(axes: Axes, report: Report, runs: Mapping[str, Sequence[Result]]) -> None:
    names, begun = _titles(report, runs), [0.0] * len(runs)
    for measure, colour in WRONG.items():
        values = [median(results, measure) for results in runs.values()]
        axes.barh(names, values, BARS, left=begun, color=colour, label=measure)
        begun = [start + value for start, value in zip(begun, values, strict=True)]
    for place, total in enumerate(begun):
        axes.annotate(f"{total:,.0f}", (total, place), (3, 0), textcoords="offset points", va="center")
    axes.legend(frameon=False, ncols=len(WRONG), loc="upper left", bbox_to_anchor=(0, -0.02), fontsize=8)
    _tidy(axes, max(begun, default=0))


def _medians(runs: Mapping[str, Sequence[Result]], measure: str) -> dict[str, float]:
    return {name: median(results, measure) for name, results in runs.items()}


def _titles(report: Report, names: Mapping[str, object]) -> list[str]:
    return [report.contenders[name]["title"] for name in names]


def _tidy(axes: Axes, most: float) -> None:
    axes.set_xlim(0, 1.2 * most or 1)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    if not axes.yaxis_inverted():  # the first contender on top; the panels share the axis
        axes.invert_yaxis()


def drawn(folder: Path) -> Iterator[Path]:
    """Draw every chart of the first world."""
    mpl.rcParams.update(STYLE)
    report = Report.of(folder / "results.json")
    world = next(iter(report.worlds))
    (folder / "charts").mkdir(exist_ok=True)
    for name, chart in CHARTS.items():
        file = folder / "charts" / f"{name}.svg"
        chart(report, world).savefig(file, metadata={"Date": None, "Creator": None})
        yield file


if __name__ == "__main__":
    print(*drawn(Path(sys.argv[1])), sep="\n")
