"""What may be uploaded: one row a kind, with its endpoint, its columns, and whether it may be sent twice. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import msgspec

from sources.aleta.transport.write import Write

from .columns import Form, canonical_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a file, and where its cells go in the JSON:API body.

    Args:
        attribute: the attribute that holds it.
        relation: the to-one relationship that names it, by type *linked*.
        type_of: the relationship whose identifier takes its type from here.
    """

    name: str
    form: Form
    optional: bool = False
    attribute: str = ""
    relation: str = ""
    linked: str = ""
    type_of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of upload.

    Args:
        key: the columns that say which holding a row is.
        parent: the column of the key that a DELETE names, as the query parameter *parent_parameter*.
        overwrites: whether the API documents that the same key again replaces the row. Only then may a row whose
            answer never came be sent again.
    """

    name: str
    path: str
    type: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    parent: str
    parent_parameter: str
    overwrites: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a checked file.

    Args:
        line: where it stands.
        key: which holding it is.
        fingerprint: equal for rows of the same key and values, however their numbers are spelt.
        body: what is sent.
    """

    line: int
    parent: str
    day: str
    key: str
    fingerprint: str
    body: bytes

    @property
    def name(self) -> str:
        """The key as a person reads it."""
        return " ".join(json.loads(self.key))


DATE = Column(name="date", form=Form.DAY, attribute="date")
MARKET_VALUE = Column(name="market_value", form=Form.NUMBER, attribute="marketValue")
ACCOUNT = Column(name="account_id", form=Form.ID, relation="account", linked="account")

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            name="account-holdings",
            path="/v2/historical-account-holdings",
            type="historical-account-holding",
            columns=(ACCOUNT, DATE, MARKET_VALUE),
            key=("account_id", "date"),
            parent="account_id",
            parent_parameter="accountId",
            overwrites=True,
        ),
        Kind(
            name="instrument-holdings",
            path="/v3/historical-instrument-holdings",
            type="historical-instrument-holding",
            columns=(
                Column(name="depository_id", form=Form.ID, relation="depository", linked="depository"),
                Column(name="instrument_id", form=Form.ID, relation="instrument", linked="instrument"),
                DATE,
                Column(name="units", form=Form.NUMBER, attribute="units"),
                MARKET_VALUE,
                Column(name="accrued_interest", form=Form.NUMBER, optional=True, attribute="accruedInterest"),
                Column(
                    name="currency_exchange_rate", form=Form.NUMBER, optional=True, attribute="currencyExchangeRate"
                ),
                Column(
                    name="reporting_currency_code", form=Form.CURRENCY, optional=True, attribute="reportingCurrencyCode"
                ),
                Column(name="instrument_type", form=Form.RESOURCE_TYPE, optional=True, type_of="instrument"),
            ),
            key=("depository_id", "instrument_id", "date"),
            parent="depository_id",
            parent_parameter="depositoryId",
            overwrites=True,
        ),
        Kind(
            name="fee-holdings",
            path="/v2/historical-fee-holdings",
            type="historical-fee-holding",
            columns=(ACCOUNT, DATE, MARKET_VALUE),
            key=("account_id", "date"),
            parent="account_id",
            parent_parameter="accountId",
            overwrites=False,  # the reference names no key: a second POST may add a second balance
        ),
    )
}


def row(kind: Kind, values: Mapping[str, str], *, line: int) -> Row:
    """The row that *values* are: cells by column, without those that are empty, each checked."""
    filled = [column for column in kind.columns if column.name in values]
    same = {column.name: _canonical(column, values[column.name]) for column in filled}
    return Row(
        line=line,
        parent=values[kind.parent],
        day=values["date"],
        key=json.dumps([values[name] for name in kind.key], ensure_ascii=False),
        fingerprint=hashlib.sha256(json.dumps(same).encode()).hexdigest(),
        body=_body(kind, filled, values),
    )


def post(kind: Kind, row: Row) -> Write:
    """The request that uploads *row*."""
    return Write(method="POST", path=kind.path, body=row.body, resource=kind.name, repeatable=kind.overwrites)


def delete(kind: Kind, parent: str, first: date, last: date) -> Write:
    """The request that deletes what *parent* has from *first* to *last*, both included; it may be repeated."""
    query = {kind.parent_parameter: parent, "fromDate": f"{first}", "toDate": f"{last}"}
    return Write(method="DELETE", path=kind.path, params=query, resource=kind.name, repeatable=True)


def _canonical(column: Column, text: str) -> str:
    return canonical_number(text) if column.form is Form.NUMBER else text


def _body(kind: Kind, filled: Sequence[Column], values: Mapping[str, str]) -> bytes:
    """The JSON:API document; every number has the digits that the file has."""
    attributes = {column.attribute: _json(column, values[column.name]) for column in filled if column.attribute}
    types = {column.type_of: values[column.name] for column in filled if column.type_of}
    relations = {
        column.relation: {"data": {"type": types.get(column.relation, column.linked), "id": values[column.name]}}
        for column in filled
        if column.relation
    }
    resource = {"type": kind.type, "attributes": attributes, "relationships": relations}
    return msgspec.json.encode({"data": resource})


def _json(column: Column, text: str) -> object:
    return msgspec.Raw(text.encode()) if column.form is Form.NUMBER else text
