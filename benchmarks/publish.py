"""Results as files: `results.json`, the table in README.md, the charts.

python -m benchmarks.publish [FOLDER] renders them again from FOLDER's results.json.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks import environments
from benchmarks.results import Report
from benchmarks.table import rendered, replaced

HERE = Path(__file__).parent
MARKS = ("<!-- results: written by `make bench` -->", "<!-- end of results -->")


def publish(report: Report, folder: Path) -> None:
    """Write everything into *folder*; the text around the table is that of this folder's README.md."""
    folder.mkdir(parents=True, exist_ok=True)
    report.write(folder / "results.json")
    text = (HERE / "README.md").read_text()
    (folder / "README.md").write_text(replaced(text, rendered(report), marks=MARKS))
    charts = [f"{environments.python('charts')}", "-m", "benchmarks.charts", f"{folder}"]
    subprocess.run(charts, check=True, cwd=HERE.parent)
    print(f"{folder / 'README.md'}, results.json and charts/ are written", file=sys.stderr)


if __name__ == "__main__":
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    publish(Report.of(place / "results.json"), place)
