"""What of nested JSON is content, whichever way it was spelt."""

from __future__ import annotations

import duckdb
import pytest

from pipelines.compare.row_content import extra_content, json_content, stage_contents
from pipelines.compare.row_hash import VERSION
from sandbox.world.jsontext import dump, load
from schemas.transactions import TRANSACTIONS
from tests.stores import memory_store
from tests.unit.pipelines.compare.stored import batch, compare, fill, proof, removed, row


def canonical(text: str) -> str:
    """An `extra` is in canonical order."""
    return dump(dict(sorted(load(text).items())))


SAME = [
    pytest.param('{"broker":{"data":{"id":"b","type":"broker"}}}', '{"broker_id":"b"}', id="to-one"),
    pytest.param('{"broker":{"data":null}}', '{"brokerId":null}', id="to-nobody"),
    pytest.param('{"broker":{"data":{"id":"b"},"links":{"self":"/x"}}}', '{"brokerId":"b"}', id="links-are-no-content"),
    pytest.param('{"main-broker":{"data":{"id":"b","type":"broker"}}}', '{"main_broker_id":"b"}', id="kebab"),
    pytest.param('{"tags":{"data":[{"id":"a","type":"t"},{"id":"b","type":"t"}]}}', '{"tag_ids":["a","b"]}', id="many"),
    pytest.param('{"entries":{"data":[]}}', '{"entryIds":[]}', id="none-of-many"),
    pytest.param('{"fundHouse":{"legalName":"x"}}', '{"fund_house":{"legal_name":"x"}}', id="names-within"),
    pytest.param('{"aB":1.50,"brokerId":"b"}', '{"a_b":1.50,"broker_id":"b"}', id="an-attribute-that-looks-like-one"),
    pytest.param('{"aB":1,"note":null}', '{"a_b":1}', id="null-and-left-out"),
    pytest.param('{"aB":1,"broker":{"data":null}}', '{"aB":1}', id="nobody-and-left-out"),
    pytest.param('{"brokerA":1,"broker":{"data":{"id":"b","type":"t"}}}', '{"brokerA":1,"brokerId":"b"}', id="order"),
    pytest.param(
        '{"broker":{"data":{"id":"b","type":"t"},"links":{"self":"/1"}},"brokerId":"c"}',
        '{"broker":{"data":{"id":"b"},"links":{"self":"/2"}},"brokerId":"c"}',
        id="a-relationship-beside-an-attribute-of-its-name",
    ),
    pytest.param('{"plan":{"2025-1-12":5,"1Year":2}}', '{"plan":{"2025-1-12":5,"1_year":2}}', id="digits"),
]


@pytest.mark.parametrize(("text", "other"), SAME)
def test_the_same_content_in_another_spelling_is_the_same(text, other):
    """Whatever is unknown to every schema."""
    assert extra_content(canonical(text)) == extra_content(canonical(other))


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ('{"a":1.0}', '{"a":1.00}'),
        ('{"broker":{"data":{"id":"b","type":"t"}}}', '{"broker":{"data":{"id":"c","type":"t"}}}'),
        ('{"a":{"b_c":-0}}', '{"a":{"b_c":0}}'),
        ('{"x":{"data":{"id":"b","more":1}}}', '{"x":{"data":{"id":"b","more":2}}}'),
        ('{"note":null}', '{"note":"null"}'),
        ('{"note":{"text":null}}', '{"note":{}}'),
        ('{"parts":[null]}', '{"parts":[]}'),
        ('{"fee":{"id":"F1","type":"fixed"}}', '{"fee":{"id":"F1","type":"percent"}}'),
        ('{"x":{"id":1}}', '{"xId":1}'),
        ('{"doc":{"data":null,"meta":{"v":1}}}', '{"doc":{"data":null,"meta":{"v":2}}}'),
        ('{"doc":{"data":{"id":"a"},"links":"x"}}', '{"doc":{"data":{"id":"a"},"links":"y"}}'),
        (
            '{"broker":{"data":{"id":"b","type":"t"},"meta":{"share":"0.5"}}}',
            '{"broker":{"data":{"id":"b","type":"t"},"meta":{"share":"0.9"}}}',
        ),
        ('{"tiers":{"1-12":0.5}}', '{"tiers":{"11-2":0.5}}'),
        ('{"plan":{"2025-1-12":5}}', '{"plan":{"2025-11-2":5}}'),
        ('{"tiers":{"m1-12":0.5}}', '{"tiers":{"m11-2":0.5}}'),
        ('{"weights":{"acc_b":1,"accB":2}}', '{"weights":{"acc_b":2,"accB":1}}'),
        ('{"foo_bar":1,"fooBar":2}', '{"foo_bar":2,"fooBar":1}'),
        ('{"tag":["a"],"tags":["b"]}', '{"tag":["b"],"tags":["a"]}'),
    ],
)
def test_other_content_is_not_the_same(text, other):
    """X3: digits count, whatever a linkage says besides id and type, and what only looks like a linkage or a name."""
    assert extra_content(text) != extra_content(other)


def test_a_nested_value_is_content_but_for_the_spelling_of_its_names():
    """A relationship's shape means nothing there."""
    assert json_content('[{"depository_id":"d","n":[1,{"a_b":2}]}]') == '[{"depositoryId":"d","n":[1,{"aB":2}]}]'
    assert json_content('{"data":{"id":"x","type":"t"}}') == '{"data":{"id":"x","type":"t"}}'


def test_text_that_can_be_spelt_in_one_way_only_is_not_looked_at():
    """Nearly all of it: nothing is staged."""
    with duckdb.connect() as sql:
        sql.register("given", batch(row("1", extra='{"note":"a_b-c","x":{"y":"2024-01-01"}}'), row("2")))
        assert stage_contents(sql, "given", TRANSACTIONS).columns == frozenset()
        assert sql.execute("SELECT count(*) FROM contents").fetchall() == [(0,)]


@pytest.mark.parametrize(("text", "other"), SAME)
def test_a_row_in_another_spelling_is_unchanged(text, other):
    """Through the comparison, in both directions."""
    for before, after in ((text, other), (other, text)):
        with memory_store() as store:
            fill(store, row("1", extra=canonical(before), instrument_id="i", instrument_type="bond"))
            found = compare(store, [batch(row("1", extra=canonical(after), instrument_id="i"))], [proof()])
            assert found.counts == {"added": 0, "modified": 0, "unchanged": 1, "removed": 0}


@pytest.mark.parametrize("text", ['{"note":null}', '{"broker":{"data":null},"note":null}', '{"broker_id":null}'])
def test_a_row_of_which_nothing_but_nulls_is_unknown_has_nothing_unknown(text):
    """One track says null where another leaves the attribute out."""
    for before, after in ((text, None), (None, text)):
        with memory_store() as store:
            fill(store, row("1", extra=before), row("2", extra='{"note":1}'))
            found = compare(store, [batch(row("1", extra=after), row("2", extra='{"note":1}'))], [proof()])
            assert found.counts == {"added": 0, "modified": 0, "unchanged": 2, "removed": 0}


@pytest.mark.parametrize(("before", "after"), [('{"note":1}', '{"note":null}'), ('{"note":null}', '{"note":"null"}')])
def test_a_value_that_comes_or_goes_is_a_change(store, before, after):
    """X3: null is no value."""
    fill(store, row("1", extra=before))
    assert compare(store, [batch(row("1", extra=after))], [proof()]).counts["modified"] == 1


def test_a_type_that_both_sides_know_is_compared(store):
    """The hash leaves it out; a change of it is a change all the same."""
    fill(store, row("1", instrument_id="i", instrument_type="bond"), row("2", instrument_id="i"))
    rows = [row(own_id, instrument_id="i", instrument_type="stock") for own_id in ("1", "2")]
    found = compare(store, [batch(*rows)], [proof()])
    assert (found.counts["modified"], found.counts["unchanged"], removed(found)) == (1, 1, set())


def test_a_hash_says_its_version(store):
    """In front of it."""
    fill(store, row("1"))
    assert store.read(TRANSACTIONS)["1"]["row_hash"].startswith(VERSION)
