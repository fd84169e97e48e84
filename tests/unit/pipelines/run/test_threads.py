"""What the reading thread and the loading one have of each other while both are at work."""

from __future__ import annotations

from types import SimpleNamespace

from pipelines.ledger.ledger import Learned, Ledger
from pipelines.run.events import Ended
from pipelines.run.handover import Handover
from pipelines.run.tenant_run import TenantRun


def test_w3_a_lesson_that_comes_while_the_known_caps_are_gone_through_breaks_nothing():
    """The reading thread asks for them, and the loading one adds what the table before taught."""
    ledger = Ledger()

    class Meanwhile(Learned):
        """While it is looked at, another lesson comes."""

        def __getattribute__(self, name):
            if name == "known_cap":
                ledger.learn("performance", Learned())
            return super().__getattribute__(name)

    ledger.learn("transactions", Meanwhile(known_cap=100))
    ledger.learn("prices", Learned(known_cap=50))

    assert ledger.known_caps == {50, 100}


def test_f6_a_reading_thread_that_cannot_even_begin_says_that_it_has_ended():
    """Whoever loads waits for it, with the lock of the tenant."""

    def fail(*_, **__):
        raise RuntimeError("dictionary changed size during iteration")

    run = SimpleNamespace(
        _ledger=Ledger(), _unoffered=SimpleNamespace(since=[]), _handover=(handover := Handover[object](1))
    )
    TenantRun._read(run, SimpleNamespace(reader=SimpleNamespace(dialects=SimpleNamespace(remember=fail))), None)

    ended = handover.take(0.0)
    assert isinstance(ended, Ended)
    assert isinstance(ended.error, RuntimeError)
