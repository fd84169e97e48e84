"""Which tables of endpoints are sound, and which are refused."""

from dataclasses import replace

import pytest

from schemas.clients import ACCOUNTS, ACCOUNTS__DEPOSITORIES, CLIENTS, LEGAL_ENTITIES
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.catalogue.endpoint import DateParams, Endpoint, Link, Track, check, with_parents

ROOT = Endpoint(name="clients", track=Track.V2, path="/clients", schema=CLIENTS, mirrors=("legalEntities",))
CHILD = Endpoint(
    name="legal_entities",
    track=Track.V2,
    path="/clients/{parent_id}/legal-entities",
    parent="clients",
    parent_column="client_id",
    schema=LEGAL_ENTITIES,
)


def test_a_sound_table_comes_back_by_name_parents_first():
    """Rows in their order."""
    assert list(check([ROOT, CHILD])) == ["clients", "legal_entities"]


def test_the_catalogue_is_sound_and_every_table_is_filled_once():
    """No two endpoints fill one table."""
    names = [schema.metadata[b"table"] for endpoint in CATALOGUE.values() for schema in endpoint.schemas]
    assert len(names) == len(set(names))
    assert list(check(list(CATALOGUE.values()))) == list(CATALOGUE)


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        pytest.param([ROOT, ROOT], "the name is taken", id="a-name-twice"),
        pytest.param([CHILD, ROOT], "its parent 'clients' is not listed before it", id="a-child-before-its-parent"),
        pytest.param([replace(ROOT, parent="clients", parent_param="id")], "not listed before it", id="its-own-parent"),
        pytest.param([replace(ROOT, path="/clients/{parent_id}")], "nothing fills", id="a-parent-in-a-root's-path"),
        pytest.param([ROOT, replace(CHILD, path="/clients/{id}")], "nothing fills", id="an-id-that-nothing-lists"),
        pytest.param([ROOT, replace(CHILD, path="/x/{client}")], "nothing fills", id="an-unknown-field"),
        pytest.param([replace(ROOT, detail="/x/{parent_id}")], "nothing fills", id="an-unknown-field-in-the-detail"),
        pytest.param([ROOT, replace(CHILD, path="/legal-entities")], "whose", id="a-list-of-nobody"),
        pytest.param([replace(ROOT, name="people")], "its schema is that of 'clients'", id="another-table's-schema"),
        pytest.param([replace(ROOT, parent_columns=("owner_id",))], "no ['owner_id']", id="an-unknown-parent-column"),
        pytest.param([ROOT, replace(CHILD, parent_column="owner_id")], "no ['owner_id']", id="an-unknown-own-parent"),
        pytest.param([replace(ROOT, dates=DateParams(columns=("day",)))], "no ['day']", id="an-unknown-date"),
        pytest.param(
            [replace(ROOT, schema=CLIENTS.with_metadata({"table": "clients", "key": "nr"}))], "no ['nr']", id="a-key"
        ),
        pytest.param(
            [ROOT, replace(CHILD, path="/x/{id}", ids_in="portfolios")],
            "'portfolios'",
            id="ids-in-what-nobody-hands-on",
        ),
        pytest.param([replace(ROOT, path="/x/{id}", ids_in="friends")], "'friends'", id="ids-in-a-parent-that-is-not"),
    ],
)
def test_an_unsound_table_is_refused(table, problem):
    """It fails at import, and names the row and what is wrong with it."""
    with pytest.raises(ValueError, match="catalogue row") as caught:
        check(table)
    assert problem in str(caught.value)


def test_relationships_that_have_another_place_are_not_of_the_own_table():
    """Link tables, and those that mirror a column elsewhere."""
    link = Link(relation="depositories", schema=ACCOUNTS__DEPOSITORIES)
    endpoint = Endpoint(name="accounts", track=Track.V2, path="/x", schema=ACCOUNTS, links=(link,), mirrors=("users",))
    assert endpoint.elsewhere == {"depositories", "users"}
    assert endpoint.schemas == (ACCOUNTS, ACCOUNTS__DEPOSITORIES)


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["clients"], ["clients"]),
        (["accounts"], ["clients", "legal_entities", "accounts"]),
        (["accounts", "clients"], ["clients", "legal_entities", "accounts"]),
        (["portfolios"], ["clients", "reporting_entities", "portfolios"]),
        ([], []),
        (["*"], list(CATALOGUE)),
        (["*", "accounts"], list(CATALOGUE)),
    ],
)
def test_a_child_brings_its_parents_along(names, wanted):
    """In the table's order, each once; a star is everything."""
    assert [endpoint.name for endpoint in with_parents(names, CATALOGUE)] == wanted


@pytest.mark.parametrize("names", [["nothing"], ["*", "nothing"], ["nothing", "*"]])
def test_a_name_that_is_no_endpoint_is_an_error(names):
    """Also beside a star."""
    with pytest.raises(KeyError):
        with_parents(names, CATALOGUE)


@pytest.mark.parametrize(
    ("resource", "other", "columns"),
    [
        ("transactions", "accounts", ("account_id", "inflow_account_id", "outflow_account_id")),
        ("transactions", "depositories", ("depository_id",)),
        ("instrument_holdings", "portfolios", ("portfolio_id",)),
        ("limit_status", "reporting_entities", ("reporting_entity_id",)),
        ("instruments", "accounts", ("account_id", "primary_account_id", "secondary_account_id")),
        ("transactions", "instruments", ()),
        ("accounts", "legal_entities", ("legal_entity_id",)),
        ("clients", "clients", ("parent_id",)),
        ("limits", "limits", ("parent_limit_id",)),
    ],
)
def test_l1_columns_of_rows_name_objects_that_have_lists(resource, other, columns):
    """L1: lists are held against these; what has no list is read by id anyway."""
    found = CATALOGUE[resource].columns_naming(CATALOGUE[other])
    assert sorted(found) == sorted(columns)


def test_l2_what_is_walked_and_has_a_parent_has_an_address_of_its_own():
    """So that it can be asked for when its parent is gone; what has none is at the top, and gone by its list."""
    assert [each.name for each in CATALOGUE.values() if each.crawled and not each.single and each.parent] == []
