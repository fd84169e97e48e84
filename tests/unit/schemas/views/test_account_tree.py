"""The view account_tree."""

from __future__ import annotations

from tests.unit.schemas.views.memory import rows


def test_the_tree_has_a_row_for_every_account_also_where_something_above_is_missing():
    """An account whose legal entity or client is not known is not lost."""
    found = rows(
        "SELECT account_id, legal_entity_id, legal_entity_name, client_id, client_name, top_client_name "
        "FROM aleta.account_tree ORDER BY 1",
        clients=[
            {"id": "c1", "name": "Top"},
            {"id": "c2", "name": "Middle", "parent_id": "c1"},
            {"id": "c3", "name": "Low", "parent_id": "c2"},
        ],
        legal_entities=[{"id": "e3", "name": "E3", "client_id": "c3"}, {"id": "e9", "name": "E9", "client_id": "c9"}],
        accounts=[
            {"id": "a1", "legal_entity_id": "e3"},
            {"id": "a2", "legal_entity_id": "e9"},
            {"id": "a3", "legal_entity_id": "e8"},
            {"id": "a4"},
        ],
    )

    assert found == [
        ("a1", "e3", "E3", "c3", "Low", "Top"),
        ("a2", "e9", "E9", "c9", None, None),
        ("a3", "e8", None, None, None, None),
        ("a4", None, None, None, None, None),
    ]


def test_a_parent_that_is_not_known_leaves_the_client_at_the_top():
    """The highest that is known counts."""
    assert rows(
        "SELECT top_client_id FROM aleta.account_tree",
        clients=[{"id": "c1", "parent_id": "c0"}],
        legal_entities=[{"id": "e1", "client_id": "c1"}],
        accounts=[{"id": "a1", "legal_entity_id": "e1"}],
    ) == [("c1",)]


def test_clients_in_a_circle_do_not_hang_the_tree():
    """Each account is still there once."""
    found = rows(
        "SELECT account_id, client_id FROM aleta.account_tree",
        clients=[{"id": "c1", "parent_id": "c2"}, {"id": "c2", "parent_id": "c1"}],
        legal_entities=[{"id": "e1", "client_id": "c1"}],
        accounts=[{"id": "a1", "legal_entity_id": "e1"}],
    )

    assert found == [("a1", "c1")]


def test_a_removed_account_is_there_with_its_time():
    """Its transactions are too, so the tree must not lose it."""
    assert rows(
        "SELECT account_id, removed_at = TIMESTAMPTZ '2026-01-02 03:00:00+00' FROM aleta.account_tree",
        accounts=[{"id": "a1", "removed_at": "2026-01-02 03:00:00+00"}],
    ) == [("a1", True)]
