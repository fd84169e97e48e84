"""Resources beyond the crawl under either name and prefix."""

from __future__ import annotations

import pytest

from tests.contract.beyond.reader import SPAN, anonymous, holding_key, link


@pytest.mark.parametrize(
    ("path", "table"),
    [
        ("holdings/reporting-entities/{}", "reporting_entities"),
        ("legal-entities/{}/custodian-authorities", "legal_entities"),
        ("custodian-authorities/{}", "custodian_authorities"),
        ("custodian-authorities/{}/files", "custodian_authorities"),
        ("custodian-auth-flows", "clients"),
        ("custodian-auth-flows/{}", "custodian_auth_flows"),
        ("instrument-classes/{}", "instrument_classes"),
        ("instrument-classes-detailed/{}", "instrument_classes_detailed"),
    ],
)
@pytest.mark.parametrize(("prefix", "other"), [("v2", "v3"), ("v3", "v2")])
def test_a_contested_path_is_on_one_prefix_only(box, reader, path, table, prefix, other):
    """Where the setting says, and 404 on the other."""
    box.set(prefix=prefix)
    place = path.format(next(iter(getattr(box.truth("acme"), table))))

    assert reader.ask(f"/{prefix}/{place}", **SPAN)[0] == 200
    assert reader.ask(f"/{other}/{place}", **SPAN)[0] == 404


@pytest.mark.parametrize("names", ["instrument", "asset", "mixed"])
def test_instruments_are_found_under_the_names_in_use(box, reader, names):
    """2026 has /v3/instruments, 2025 /v2/assets; both answer where names are mixed."""
    box.set(names=names)
    instrument, view = next(iter(box.truth("acme").prices))[0], next(iter(box.truth("acme").holdings))[0]

    tails = (f"s/{instrument}", f"s/{instrument}/prices", f"-holdings/reporting-entities/{view}")
    statuses = {
        base: {reader.ask(f"{base}{tail}", **SPAN)[0] for tail in tails} for base in ("/v3/instrument", "/v2/asset")
    }

    served = {"/v3/instrument": names != "asset", "/v2/asset": names != "instrument"}
    assert statuses == {base: {200} if is_served else {404} for base, is_served in served.items()}


@pytest.mark.parametrize(
    ("names", "seen"),
    [
        ("instrument", {"instrument", "instrumentClass", "instrumentClassDetailed"}),
        ("asset", {"asset", "assetClass", "assetClassDetailed"}),
    ],
)
def test_relationships_and_levels_have_the_names_in_use(box, reader, names, seen):
    """Words of the other year are refused."""
    box.set(names=names)
    view = next(iter(box.truth("acme").holdings))[0]
    levels = {"instrument": "instruments,instrumentClasses,instrumentClassesDetailed"}
    levels["asset"] = levels["instrument"].replace("instrument", "asset")
    path, other = f"/v2/holdings/reporting-entities/{view}", "asset" if names == "instrument" else "instrument"

    rows = reader.data(path, **SPAN, expand=levels[names])

    assert {name for row in rows for name in row["relationships"]} == seen | {"reportingEntity"}
    assert reader.ask(path, **SPAN, expand=levels[other])[0] == 400


def test_mixed_names_occur_side_by_side(box, reader):
    """In one answer; the truth says the same of each row."""
    box.set(names="mixed")
    truth = box.truth("acme")
    names = {name for row in truth.instrument_holdings.values() for name in row["relationships"]}
    rows = [
        row
        for entity in truth.reporting_entities
        for row in reader.data(f"/v3/instrument-holdings/reporting-entities/{entity}", **SPAN)
    ]

    found = anonymous(
        rows,
        lambda row: (
            *holding_key(row),
            *(link(row, "portfolio"), link(row, "depository"), link(row, "instrument", "asset")),
        ),
    )

    assert {"asset", "instrument"} <= names
    assert found == dict(truth.instrument_holdings)
