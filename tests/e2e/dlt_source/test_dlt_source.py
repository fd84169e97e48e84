"""Aleta in someone else's dlt pipeline: `from sources.aleta import aleta_source`, against the sandbox."""

from __future__ import annotations

import dlt
import pytest

from tests.e2e.dlt_source.theirs import CHANGES, SMALL, asked_whole, differences, ids, load, shown, source
from tests.lengths import long_but
from tests.postgres import running

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # dlt's own


def test_everything_arrives_exact(pipeline, box, known, tmp_path):
    """All tables of the catalogue equal what the API shows, digit by digit, behind a cap that nobody told."""
    load(pipeline, source(known))

    assert differences(tmp_path / "theirs.duckdb", box) == []


def test_the_next_run_reads_the_look_back_only_and_takes_what_changed(pipeline, box, known, tmp_path):
    """Marks are in the state of the dlt resource; late and edited rows of the look-back come in."""
    load(pipeline, source(known))
    box.mutate_night("acme", 1, within_days=20, **CHANGES | {"deleted": 0})
    box.reset_requests()

    load(pipeline, source(known))

    assert asked_whole(box) <= 1  # the largest answer, asked again as a proof of the cap
    assert differences(tmp_path / "theirs.duckdb", box) == []


def test_receipts_tell_which_rows_are_gone(pipeline, box, known):
    """The source deletes nothing; the documented query leaves exactly what the API still shows."""
    load(pipeline, source(known))
    box.mutate_night("acme", 2, within_days=20, **CHANGES)

    load(pipeline, source(known))

    there = box.truth("acme").transactions.keys()
    assert ids(pipeline, "SELECT id FROM transactions") > there
    assert shown(pipeline) == there


def test_d6_spans_from_the_beginning_take_no_row_for_gone_that_an_edit_moved(pipeline, box, known):
    """By the look-back alone a row whose days were moved before it is gone; the documented condition waits."""
    load(pipeline, source(known))
    assert box.mutate("acme", "redate", within_days=20, days=120)["edited"]
    load(pipeline, source(known))

    there = box.truth("acme").transactions.keys()
    assert shown(pipeline) < there
    assert shown(pipeline, and_="AND w.span_from_date <= DATE '1970-01-01'") == there


@pytest.mark.parametrize("seed", long_but({1}, range(4)))
def test_nights_of_changes_of_all_ages_come_in_when_all_is_read(pipeline, box, known, seed):
    """With a look-back beyond the history the same holds for rows of any day, whatever the windows were."""
    load(pipeline, source(known, look_back_days=20_000, row_cap=40 if seed % 2 else 0))
    for night in range(2):
        box.mutate_night("acme", 10 * seed + night, **CHANGES)
        load(pipeline, source(known, look_back_days=20_000, row_cap=40 if seed % 2 else 0))

        assert shown(pipeline) == box.truth("acme").transactions.keys()


def test_transactions_alone_walk_their_parents(pipeline, box, known):
    """`with_resources` loads what it names; accounts are found all the same, users are not asked for."""
    load(pipeline, source(known).with_resources("transactions"))

    assert ids(pipeline, "SELECT id FROM transactions") == box.truth("acme").transactions.keys()
    assert not [request for request in box.requests if request.path.endswith("/users")]
    assert "accounts" not in pipeline.default_schema.data_table_names()


def test_names_select_as_with_resources_does(pipeline, box, known):
    """`resources` names tables, with dlt's own configuration too."""
    load(pipeline, source(known, resources=["accounts", "clients"]))

    assert {"accounts", "clients"} <= set(pipeline.default_schema.data_table_names())
    assert not [request for request in box.requests if request.path.endswith("/transactions")]


def test_a_limit_leaves_a_mark_no_further_than_its_rows(pipeline, box, known):
    """`add_limit` cuts an extraction short; the next run without it reads what is missing."""
    load(pipeline, source(known).add_limit(1))

    load(pipeline, source(known))

    assert ids(pipeline, "SELECT id FROM transactions") == box.truth("acme").transactions.keys()


def test_a_source_can_be_run_twice(pipeline, box, known):
    """The objects are walked in every run, not remembered from the first."""
    twice = source(known)
    load(pipeline, twice)
    box.mutate("acme", "new_account")

    load(pipeline, twice)

    assert ids(pipeline, "SELECT id FROM accounts") == box.truth("acme").accounts.keys()


@pytest.mark.parametrize("first", ["clients", "transactions"])
def test_l1_f3_a_source_can_be_run_with_other_resources(pipeline, box, known, first):
    """Each run crawls what it selects, whatever an earlier run of the same source crawled: new accounts come, too."""
    one = source(known)
    load(pipeline, one.with_resources(first))
    box.mutate("acme", "new_account")

    load(pipeline, one.with_resources("accounts", "transactions"))

    assert ids(pipeline, "SELECT id FROM accounts") == box.truth("acme").accounts.keys()
    assert ids(pipeline, "SELECT id FROM transactions") == box.truth("acme").transactions.keys()


@pytest.mark.parametrize("before", [["transactions"], ["transactions", "instruments"]], ids=["never", "once"])
def test_what_rows_named_while_it_was_not_selected_is_read_once_it_is(pipeline, box, known, before):
    """L1: `transactions` remember the instruments that they name, with the rows; these are not read again."""
    away = sorted(box.truth("acme").accounts)[:5]
    for own_id in away:
        box.mutate("acme", "account_gone", id=own_id)
    load(pipeline, source(known, resources=before))
    box.mutate("acme", "account_back", count=len(away))
    load(pipeline, source(known).with_resources("transactions"))

    load(pipeline, source(known, resources=["transactions", "instruments"]))

    assert named_instruments(pipeline) == ids(pipeline, "SELECT id FROM instruments")


@pytest.mark.long
def test_l4_an_instrument_that_answered_404_is_named_and_asked_for_again(pipeline, box, known, caplog):
    """Only rows before the look-back may name it: `transactions` remember it, whatever it answered."""
    chosen = {"resources": ["transactions", "instruments", "prices"]}
    load(pipeline, source(known, resources=["transactions"]))
    recent = "SELECT instrument_id FROM transactions WHERE greatest(trade_date, value_date) > current_date - 60"
    away = min(named_instruments(pipeline) - ids(pipeline, recent))
    box.faults.script("404", path_contains=f"/{away}", times=10**6)
    load(pipeline, source(known, **chosen))
    assert f"instruments: rows name 1 that the API does not show: {away}" in caplog.text
    box.faults.clear()
    box.reset_requests()

    load(pipeline, source(known, **chosen))

    assert away in ids(pipeline, "SELECT id FROM instruments")
    assert any(f"/instruments/{away}/prices" in request.path for request in box.requests)


def test_what_a_limit_left_out_of_the_instruments_is_read_without_it(pipeline, box, known):
    """Whether the instruments are loaded or not, the rows that name them are."""
    limited = source(known, resources=["transactions", "instruments"])
    limited.instruments.add_limit(1)
    load(pipeline, limited)
    box.reset_requests()

    load(pipeline, source(known, resources=["transactions", "instruments"]))

    asked = {request.path.rpartition("/")[2] for request in box.requests if "/instruments/" in request.path}
    assert named_instruments(pipeline) == asked


def named_instruments(pipeline) -> set[str]:
    return ids(pipeline, "SELECT instrument_id FROM transactions WHERE instrument_id IS NOT NULL")


def test_an_earlier_history_start_reads_from_there(pipeline, box, known):
    """What lies before the mark's beginning was never read."""
    recent = f"{SMALL['today'].replace(day=1)}"
    load(pipeline, source(known, history_start=recent))
    assert ids(pipeline, "SELECT id FROM transactions") < box.truth("acme").transactions.keys()

    load(pipeline, source(known))

    assert ids(pipeline, "SELECT id FROM transactions") == box.truth("acme").transactions.keys()


def test_postgresql_in_someone_else_s_pipeline(box, known, tmp_path):
    """The same source fills PostgreSQL, and the documented query finds there what is gone."""
    with running() as server:
        database = server.database()
        pipeline = dlt.pipeline(
            "theirs",
            pipelines_dir=f"{tmp_path / 'dlt'}",
            destination=dlt.destinations.postgres(database.url),
            dataset_name="aleta",
        )
        pipeline.run(source(known), loader_file_format="insert_values").raise_on_failed_jobs()
        assert differences(database.copy("aleta", tmp_path / "copy.duckdb"), box) == []

        box.mutate_night("acme", 3, within_days=20, **CHANGES)
        pipeline.run(source(known), loader_file_format="insert_values").raise_on_failed_jobs()

        assert shown(pipeline) == box.truth("acme").transactions.keys()
        pipeline.deactivate()
