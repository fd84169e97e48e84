"""What is drawn for a history: what happens between two runs, and where a run is cut off."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.histories.cuts import Cut

KEEP = ("first", "last", "random")
TRANSIENT = ("500", "502_html", "503_now", "429", "reset", "cut_length", "cut_body", "200_html", "200_errors")
LASTING = ("403", "404", "500", "cut_body", "200_no_data", "no_id", "reset")
ODD = (  # of sandbox/http/oddities.py; those that take long, or a gigabyte, have tests of their own
    *("302_latin1", "302_no_host", "error_deep", "retry_after_9999", "length_superscript", "no_http", "203", "204"),
    *("206", "meta_total", "meta_pages", "next_elsewhere", "data_twice", "attribute_twice", "half_ids", "half_pair_id"),
)
ROW_CHANGES = ("late", "edit", "delete", "unlink_transfer", "move", "replace")
ACCOUNT_CHANGES = ("new_account", "account_gone", "account_forbidden", "account_back", "empty_account")
OBJECT_CHANGES = ("new_legal_entity", "new_client", "client_gone", "client_back", "move_account")
LISTS = ("clients", "legal_entities", "accounts", "depositories", "reporting_entities", "users")

LATER_US = st.sampled_from([0, 0, 300, 3000, 30_000])
kills = st.one_of(
    st.builds(Cut, how=st.just("kill"), at=st.just("file"), nth=st.integers(0, 320), after_us=LATER_US),
    st.builds(Cut, how=st.just("kill"), at=st.just("file"), nth=st.integers(0, 150), after_us=LATER_US),
    st.builds(Cut, how=st.just("kill"), at=st.just("sql"), nth=st.integers(0, 50), after_us=LATER_US),
)
cuts = st.one_of(
    st.builds(Cut, how=st.just("kill"), at=st.just("http"), nth=st.integers(0, 30)),
    st.builds(Cut, how=st.just("kill"), at=st.just("step"), nth=st.integers(0, 4)),
    st.builds(Cut, how=st.just("kill"), at=st.just("copy"), nth=st.integers(0, 12), after_us=LATER_US),
    st.builds(Cut, how=st.just("stop"), at=st.sampled_from(["http", "sql"]), nth=st.integers(0, 40)),
    st.builds(Cut, how=st.just("full"), at=st.sampled_from(["file", "sql"]), nth=st.integers(0, 300)),
)
ages = st.sampled_from([0, 3, 20])
numbers = st.integers(0, 10**6)


def happens(name: str, **args: st.SearchStrategy) -> st.SearchStrategy:
    """Something of `happenings.Happenings` that may happen between two runs."""
    return st.tuples(st.just(name), st.fixed_dictionaries(args))


meanwhile = st.lists(
    st.one_of(
        happens("night", number=numbers, within_days=ages),
        happens("rows", kind=st.sampled_from(ROW_CHANGES), count=st.integers(1, 5), within_days=ages),
        happens(
            "odd",
            kind=st.sampled_from(["redate", "redate", "dateless", "double", "retype", "nul"]),
            count=st.integers(1, 3),
            within_days=ages,
            value=st.sampled_from(["null", "absent", "instant"]),
        ),
        happens(
            "odd",
            kind=st.just("far_date"),
            count=st.integers(1, 2),
            within_days=ages,
            value=st.sampled_from(["9999-12-31", "0001-01-01", "2036-03-02"]),
        ),
        happens("account", kind=st.sampled_from(ACCOUNT_CHANGES)),
        happens("object", kind=st.sampled_from(OBJECT_CHANGES)),
        happens("renamed", collection=st.sampled_from(["accounts", "clients", "users", "portfolios"])),
        happens("busy_day", ago=st.sampled_from([-20, -1, 0, 1, 2, 9, 60, 300]), count=st.sampled_from([1, 2, 30, 45])),
        happens("cleared_day", ago=st.sampled_from([1, 2, 9, 60, 300]), keep=st.integers(0, 12)),
        happens("cap", rows=st.integers(20, 60)),
        happens(
            "lists",
            caps=st.dictionaries(st.sampled_from(LISTS), st.integers(1, 3), max_size=2),
            keep=st.sampled_from(KEEP),
        ),
        happens("parents", say=st.sampled_from(["full", "full", "cut", "empty", "links"]), cut=st.integers(1, 2)),
        happens("account_moves", skip=st.integers(0, 3)),
        happens(
            "row_meanwhile",
            kind=st.sampled_from(["late", "edit", "delete", "redate", "move", "replace"]),
            skip=st.integers(0, 12),
            days=st.sampled_from([0, 1, 5, 20, 60, 150]),
        ),
        happens("widest", days=st.sampled_from([0, 400, 200, 60])),
        happens("weather", share=st.sampled_from([0.0, 0.1, 0.3]), kinds=st.just(TRANSIENT)),
        happens("mishap", kind=st.sampled_from(TRANSIENT), times=st.integers(1, 2)),
        happens(
            "breakdown",
            kind=st.sampled_from(LASTING + ODD),
            place=st.sampled_from(["", "/users", "/accounts", "/clients"]),
        ),
        happens("repair"),
        happens("revoked"),
        happens("time", hours=st.sampled_from([0, 1, 5, 13, 24, 24, 48, 24 * 7, 24 * 33])),
        happens("packages", rows=st.sampled_from([10, 30, 100_000])),
        happens("settings", look_back=st.sampled_from([1, 10, 30]), reverify=st.sampled_from([0, 1, 3, 30])),
    ),
    max_size=4,
)
