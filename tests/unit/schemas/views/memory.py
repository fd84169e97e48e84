"""A warehouse in memory that is small enough to reckon by hand."""

from __future__ import annotations

import functools
from decimal import Decimal

import pytest

from schemas import tables
from schemas.guide import fill, opened
from schemas.table import name_of
from schemas.views.views import VIEWS

TABLES = {name_of(schema) for schema in tables.TABLES}
D = Decimal
each_view = pytest.mark.parametrize("view", [pytest.param(view, id=view.name) for view in VIEWS])


@functools.cache
def empty():
    return opened({})


def rows(sql, **given):
    """What *sql* gives where only these rows are there."""
    warehouse = empty().begin()
    try:
        fill(warehouse, given)
        return warehouse.execute(sql).fetchall()
    finally:
        warehouse.rollback()


def paid(own_id, day, amount, account="a1", **more):
    return {"id": own_id, "account_id": account, "trade_date": day, "value_date": day, "account_amount": amount} | more
