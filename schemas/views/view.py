"""How a view is defined: a query over the tables, described like a table, and an example question. Pure."""

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
    """A view of the published DuckDB file, in the schema `aleta`.

    Args:
        description: what a row is, without a full stop.
        notes: what one must know to use it correctly, in whole sentences.
        columns: all of them, in order.
        reads: the tables and views that *sql* names, each as `aleta.NAME`.
        sql: one query.
        question: what *example*, a query over the view, answers.
        takes: the name of its parameter, if it is a table macro, called as `aleta.NAME(value)`.
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
        """The SQL that creates it in *schema*, with its comments; DuckDB has no comments on columns of a macro."""
        place, comment = f"{schema}.{self.name}", literal(f"{self.description}. {' '.join(self.notes)}".strip())
        if self.takes:
            create = f"CREATE MACRO {place}({self.takes}) AS TABLE {self.sql}"
            return create, f"COMMENT ON MACRO TABLE {place} IS {comment}"
        return (
            f"CREATE VIEW {place} AS {self.sql}",
            f"COMMENT ON VIEW {place} IS {comment}",
            *(f"COMMENT ON COLUMN {place}.{column.name} IS {literal(column.comment)}" for column in self.columns),
        )


def possible(views: Iterable[View], tables: Collection[str]) -> list[View]:
    """The *views* whose tables and views are all there, in their order."""
    there, found = set(tables), list[View]()
    for view in views:
        if there.issuperset(view.reads):
            there.add(view.name)
            found.append(view)
    return found


def literal(text: str) -> str:
    """*text* as an SQL string."""
    return "'" + text.replace("'", "''") + "'"
