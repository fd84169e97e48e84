"""What a view is: a query over the tables, described like a table, and a question that it answers. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a view; its type is what the query makes it."""

    name: str
    description: str
    unit: str = ""

    @property
    def comment(self) -> str:
        return f"{self.description} [{self.unit}]" if self.unit else self.description


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A query that is kept in the analysts' DuckDB file, under a name in the schema `aleta`.

    Args:
        description: what a row is, without a full stop.
        notes: what must be known to use it rightly, in whole sentences.
        columns: all of them, in order.
        reads: the tables and views that *sql* names, each as `aleta.NAME`.
        sql: one query.
        question: what *example*, a query over the view, answers.
        takes: the name of its parameter. Then it is a table macro, and called as `aleta.NAME(value)`.
    """

    name: str
    description: str
    notes: tuple[str, ...] = ()
    columns: tuple[Column, ...]
    reads: tuple[str, ...]
    sql: str
    question: str
    example: str
    takes: str = ""

    def statements(self, schema: str = "aleta") -> tuple[str, ...]:
        """What makes it in *schema*, comments included; DuckDB keeps none on the columns of a macro."""
        place, comment = f"{schema}.{self.name}", literal(f"{self.description}. {' '.join(self.notes)}".strip())
        if self.takes:
            made = f"CREATE MACRO {place}({self.takes}) AS TABLE {self.sql}"
            return made, f"COMMENT ON MACRO TABLE {place} IS {comment}"
        return (
            f"CREATE VIEW {place} AS {self.sql}",
            f"COMMENT ON VIEW {place} IS {comment}",
            *(f"COMMENT ON COLUMN {place}.{column.name} IS {literal(column.comment)}" for column in self.columns),
        )


def possible(views: Iterable[View], tables: Collection[str]) -> list[View]:
    """Those of *views* that can be made where *tables* are, in their order."""
    there, found = set(tables), list[View]()
    for view in views:
        if there.issuperset(view.reads):
            there.add(view.name)
            found.append(view)
    return found


def literal(text: str) -> str:
    """*text* as an SQL string."""
    return "'" + text.replace("'", "''") + "'"
