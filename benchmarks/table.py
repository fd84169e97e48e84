"""The results as Markdown. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.results import CHANGED, FIRST, KILLED, SCENARIOS, Report, Result, median, ratio

OURS = "ours"
COLUMNS: Mapping[str, str] = {
    "megabytes": "MB",
    "requests": "requests",
    "refused": "of them 429",
    "missing": "rows missing",
    "extra": "extra",
    "stale": "stale",
    "digits": "digits lost",
}


def rendered(report: Report) -> str:
    """Everything that was measured, world by world."""
    return "\n\n".join([_machine(report), *(_world(report, name) for name in report.worlds), _versions(report)])


def _machine(report: Report) -> str:
    on = report.machine
    return (
        f"Measured on {report.date}, on {on['cores']} cores ({on['processor']}) with {on['memory_gb']} GB, "
        f"{on['system']}, Python {on['python']}; the server on the same machine. Every number is the median of its "
        "runs, every ratio the median of pairs within one round."
    )


def _world(report: Report, name: str) -> str:
    parts = [f"### {_title(report.worlds[name], name)}", _summary(report, name)]
    for scenario, title in SCENARIOS.items():
        if scenario != KILLED and (runs := report.of_scenario(name, scenario)):
            parts += [f"**{title}**", _table(report, runs, older=scenario == CHANGED)]
    return "\n\n".join(part for part in parts if part)


def _title(world: Mapping[str, object], name: str) -> str:
    return (
        f"{name[0].upper()}{name[1:]}: {world['accounts']:,} accounts, {world['rows']:,} rows, {world['years']} years"
    )


def _summary(report: Report, name: str) -> str:
    world, firsts = report.worlds[name], report.of_scenario(name, FIRST)
    rounds = len({result.round for result in report.results if result.world == name})
    text = f"{rounds} round{'s' if rounds > 1 else ''}. The cap is {world['row_cap']:,} rows; "
    fewest = int(str(world["fewest_requests"]))
    text += f"no reader can do with fewer than {fewest:,} requests"
    if OURS in firsts:
        text += f", aleta-sync sends {median(firsts[OURS], 'requests') / fewest:.2f} times as many"
    return f"{text}."


def _table(report: Report, runs: Mapping[str, Sequence[Result]], *, older: bool) -> str:
    shown = {key: title for key, title in COLUMNS.items() if key != "refused" or _any(runs, "refused")}
    if older:
        shown["old_changes"] = "older changes not seen"
    if _any(runs, "exit"):
        shown["exit"] = "exit code"
    head = ["", "seconds", "to ours", *shown.values()]
    rule = ["---", *("---:" for _ in head[1:])]
    lines = [head, rule, *(_row(report, name, runs, shown) for name in runs)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _any(runs: Mapping[str, Sequence[Result]], measure: str) -> bool:
    return any(getattr(result, measure) for results in runs.values() for result in results)


def _row(report: Report, name: str, runs: Mapping[str, Sequence[Result]], shown: Mapping[str, str]) -> list[str]:
    results = runs[name]
    beside = f"{ratio(runs[OURS], results):.1f}" if OURS in runs else ""
    numbers = (f"{median(results, key):,.0f}" for key in shown)
    return [report.contenders[name]["title"], f"{median(results, 'seconds'):.1f}", beside, *numbers]


def _versions(report: Report) -> str:
    named = (f"{contender['title']}: {contender['versions']}" for contender in report.contenders.values())
    return f"Versions: {'; '.join(named)}."


def replaced(text: str, block: str, *, marks: tuple[str, str]) -> str:
    """*text* with *block* between *marks*.

    Raises:
        ValueError: a mark is not there.
    """
    before, found, rest = text.partition(marks[0])
    _, ended, after = rest.partition(marks[1])
    if not (found and ended):
        raise ValueError(f"the text lacks {marks[0]} or {marks[1]}")
    return f"{before}{marks[0]}\n\n{block}\n\n{marks[1]}{after}"
