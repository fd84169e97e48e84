"""Which version wrote a warehouse. Pure."""

from __future__ import annotations

from collections.abc import Mapping

FORMAT = 6  # of what is in the state and the tables; a warehouse with a higher one is refused


class WarehouseError(Exception):
    """The private warehouse cannot be used: what is wrong with it, and what to do."""

    code = "warehouse"


def check_format(state: Mapping[str, object], *, place: str) -> None:
    """Refuse what a newer version wrote.

    Raises:
        WarehouseError: a newer version wrote the warehouse whose *state* this is.
    """
    written = state.get("format", FORMAT)
    if not isinstance(written, int) or written > FORMAT:
        raise WarehouseError(
            f"{place} was written by a newer version (format {written}, this one knows {FORMAT}): "
            "use that version, or another data_dir"
        )
