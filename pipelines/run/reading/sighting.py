"""What an answer showed that is not loaded, and that nobody reads besides (rule W7). Pure."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.jsonapi.answer import Answer
from sources.aleta.planning.windows import Window

from ...compare.rows.findings import Sighting


def sighting_of(endpoint: Endpoint, parent: str, window: Window, answer: Answer, *, read: Window | None) -> Sighting:
    """Of an *answer* to *window*, without rows that name only days of *read*: their windows are loaded.

    Nothing of what is asked for day by day or whole: a history of days would be a request for each of them, and what is
    whole shows all that there is.
    """
    rows, columns = answer.batch, endpoint.dates.columns if endpoint.dates and endpoint.divisible else ()
    if not columns:
        return Sighting(parent_id=parent, window=window, rows=rows.slice(0, 0))
    if read:
        days = [rows[name] for name in columns]
        first, last = (pa.scalar(day, pa.date32()) for day in (read.first, read.last))
        inside = pc.and_(
            pc.greater_equal(pc.min_element_wise(*days, skip_nulls=False), first),
            pc.less_equal(pc.max_element_wise(*days, skip_nulls=False), last),
        )
        rows = rows.filter(pc.invert(pc.fill_null(inside, fill_value=False)))
    return Sighting(parent_id=parent, window=window, rows=rows)
