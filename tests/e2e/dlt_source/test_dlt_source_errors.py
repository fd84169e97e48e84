"""What a source that cannot read everything does: an error, or what is missing is named."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.e2e.dlt_source.theirs import ids, load, source
from tests.lengths import long_but

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # dlt's own


def forbidden(box) -> str:
    """The account with the most rows: it is listed and may not be read any more."""
    booked = Counter(
        said["relationships"]["account"]["data"]["id"]
        for said in box.truth("acme").transactions.values()
        if "account" in said["relationships"]
    )
    own_id = booked.most_common(1)[0][0]
    box.mutate("acme", "account_forbidden", account=own_id)
    return own_id


def test_what_cannot_be_read_is_an_error_that_loads_nothing(pipeline, box, known):
    """Never silently incomplete: one forbidden account fails the run, and the state stays as it was."""
    own_id = forbidden(box)

    with pytest.raises(Exception, match=own_id):
        load(pipeline, source(known))

    assert not pipeline.state.get("sources", {}).get("aleta", {}).get("resources")


def test_skip_loads_the_rest_and_names_what_is_missing(pipeline, box, known):
    """`on_failure="skip"`: the receipts name the account, the others are complete."""
    before = box.truth("acme").transactions.keys()
    own_id = forbidden(box)

    load(pipeline, source(known, on_failure="skip"))

    assert ids(pipeline, "SELECT parent_id FROM sync_windows WHERE status = 'failed'") == {own_id}
    assert ids(pipeline, "SELECT id FROM transactions") == box.truth("acme").transactions.keys() < before


def test_f3_a_table_that_was_there_and_answers_404_is_an_error(pipeline, box, known):
    """It was offered once; of what never was, a line in the log says so."""
    box.faults.script("404", path_contains="/users", times=10**6)
    load(pipeline, source(known, resources=["holdings", "users"]))
    box.faults.script("404", path_contains="/holdings", times=10**6)

    with pytest.raises(Exception, match=r"holdings of .*404"):
        load(pipeline, source(known, resources=["holdings", "users"]))


@pytest.mark.parametrize(
    ("resource", "owner"),
    long_but({"prices"}, [pytest.param("prices", "instrument_id"), pytest.param("limit_status", "limit_id")]),
)
def test_d3_404_to_one_that_had_rows_does_not_say_that_they_are_gone(pipeline, box, known, resource, owner):
    """D3, F2: others answer, it did before; its rows stay without a proof that they are gone."""
    chosen = {"resources": ["transactions", "instruments", "limits", resource]}
    load(pipeline, source(known, **chosen))
    own_id = min(ids(pipeline, f"SELECT {owner} FROM {resource}"))
    box.faults.script("404", path_contains=f"/{own_id}/{resource.removeprefix('limit_')}", times=10**6)

    with pytest.raises(Exception, match=rf"{resource} of {own_id}.*404"):
        load(pipeline, source(known, **chosen))
    load(pipeline, source(known, **chosen, on_failure="skip"))

    said = f"SELECT status FROM sync_windows WHERE resource = '{resource}' AND parent_id = '{own_id}'"
    assert ids(pipeline, f"{said} AND rows = 0 AND fetched_at >= (SELECT max(span_fetched_at) FROM sync_windows)") == {
        "failed"
    }


def test_l3_a_list_that_may_be_truncated_is_an_error_that_loads_nothing(pipeline, box, known):
    """L3: portfolios name accounts that no list shows, and parents name none."""
    box.set(list_caps={"accounts": 1}, relationships="links")

    with pytest.raises(Exception, match="may be truncated"):
        load(pipeline, source(known))

    assert not pipeline.state.get("sources", {}).get("aleta", {}).get("resources")


def test_l3_skip_names_a_list_that_may_be_truncated(pipeline, box, known):
    """L3: `sync_windows` says whose, once; the rest is loaded."""
    box.set(list_caps={"accounts": 1}, relationships="links")

    load(pipeline, source(known, on_failure="skip"))

    with pipeline.sql_client() as client:
        named = client.execute_sql(
            "SELECT resource, parent_id FROM sync_windows WHERE status = 'failed' AND reason LIKE '%may be truncated%'"
        )
    assert named
    assert {resource for resource, _ in named} == {"accounts"}
    assert len(named) == len(set(named))
    assert {parent for _, parent in named} <= box.truth("acme").legal_entities.keys()


@pytest.mark.parametrize("box", [{"years": 12, "row_cap": 0, "list_caps": {"index_factors": 60}}], indirect=True)
def test_l3_w4_series_that_are_all_equally_long_are_not_whole(pipeline, box, known):
    """L3: nothing divides them, so no cap can be proven; `sync_windows` never says of them that they are complete."""
    chosen = {"resources": ["transactions", "instruments", "index_factors"]}

    with pytest.raises(Exception, match="have exactly 60 rows"):
        load(pipeline, source(known, **chosen))
    load(pipeline, source(known, **chosen, on_failure="skip"))

    said = "SELECT status FROM sync_windows WHERE resource = 'index_factors' AND"
    assert ids(pipeline, f"{said} rows = 60") == {"quarantined"}
    assert ids(pipeline, f"{said} rows < 60") <= {"complete"}


@pytest.mark.parametrize("box", [{"row_cap": 8}], indirect=True)
def test_w4_a_day_in_doubt_was_never_said_to_be_whole(pipeline, box, known):
    """D3: as many rows as a cap that another table shows later: by a span of that day, rows it lacks would be gone."""
    load(pipeline, source(known, resources=["custodian_holdings", "transactions"], on_failure="skip"))

    said = "SELECT status FROM sync_windows WHERE resource = 'custodian_holdings' AND"
    assert (ids(pipeline, f"{said} rows = 8"), ids(pipeline, f"{said} rows < 8")) == ({"quarantined"}, {"complete"})


def test_l1_an_account_that_only_rows_name_is_an_error(pipeline, box, known):
    """L1: its list leaves it out, it answers by its id, and its own rows would be missing."""
    box.set(list_caps={"accounts": 1}, relationships="links", keep="first")

    with pytest.raises(Exception, match="is there, for rows name it"):
        load(pipeline, source(known, resources=["transactions"]))


@pytest.mark.long
@pytest.mark.parametrize("box", [{"accounts": 60, "row_cap": 0}], indirect=True)
def test_f3_a_client_that_only_its_parent_names_and_that_cannot_be_read_costs_itself(pipeline, box, known):
    """F3: other clients were listed, so the rest is there to be loaded; it is named, or an error."""
    children = [
        client["relationships"].get("children", {}).get("data") for client in box.truth("acme").clients.values()
    ]
    away = min(child["id"] for some in children for child in some or [])
    box.set(list_caps={"clients": 5}, keep="first")
    box.faults.script("200_errors", path_contains=f"/clients/{away}", times=10**6)

    with pytest.raises(Exception, match="reads failed or are not whole"):
        load(pipeline, source(known))
    load(pipeline, source(known, on_failure="skip"))

    assert ids(pipeline, "SELECT id FROM clients") == box.truth("acme").clients.keys() - {away}
    assert ids(pipeline, "SELECT id FROM transactions")
    assert "clients" in ids(pipeline, "SELECT resource FROM sync_windows WHERE status = 'failed'")


@pytest.mark.long
def test_f3_a_tenant_whose_clients_cannot_be_read_fails(pipeline, box, known):
    """Nothing below them can be read either, whatever `on_failure` says."""
    box.faults.script("200_errors", path_contains="/clients", times=10**6)

    with pytest.raises(Exception, match="200 with `errors`"):
        load(pipeline, source(known, on_failure="skip"))


def test_l1_where_no_account_answers_by_its_id_one_that_only_rows_name_is_an_error_too(pipeline, box, known):
    """L2: the 404 proves nothing."""
    box.set(list_caps={"accounts": 1}, relationships="links", keep="first")
    box.faults.script("404", path_contains="/v2/accounts/", times=10**6)

    with pytest.raises(Exception, match=r"accounts of the tenant: .*404"):
        load(pipeline, source(known, resources=["transactions"]))


def test_d8_one_id_with_two_contents_is_an_error_or_named(pipeline, box, known):
    """D8: two accounts show it, each as its own; with `skip` the newer reading is loaded, `sync_windows` says it."""
    [own_id] = box.mutate("acme", "double", within_days=20)["doubled"]

    with pytest.raises(Exception, match=f"{own_id} came with two contents"):
        load(pipeline, source(known))
    load(pipeline, source(known, on_failure="skip"))

    [reason] = ids(pipeline, "SELECT reason FROM sync_windows WHERE status = 'failed'")
    assert f"the id {own_id} came with two contents" in reason
    assert ids(pipeline, f"SELECT count(*) FROM transactions WHERE id = '{own_id}'") == {1}


def test_the_key_is_nowhere_in_what_dlt_keeps(pipeline, box, known, tmp_path):
    """S1: neither state nor trace nor packages nor the tables hold a line of the private key."""
    load(pipeline, source(known))

    secret = known["private_key"].splitlines()[1].encode()
    kept = [file for file in (tmp_path / "dlt").rglob("*") if file.is_file()]
    assert kept
    assert [file for file in [*kept, tmp_path / "theirs.duckdb"] if secret in file.read_bytes()] == []


def test_iterating_needs_no_pipeline(box, known):
    """A source is an iterable like any other of dlt's."""
    rows = [row for table in source(known).with_resources("clients") for row in table.to_pylist()]

    assert {row["id"] for row in rows} == box.truth("acme").clients.keys()
