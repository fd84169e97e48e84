"""The log of `serve`, with that of the syncs that it starts."""

from __future__ import annotations

import json

import pytest

from tests.e2e.serving import Serving, until
from tests.e2e.test_serve import clients, recorded

pytestmark = pytest.mark.long


def test_the_syncs_of_a_service_write_their_log_as_it_does(synced):
    """`--log-format json`: each line of both is one object."""
    serving = Serving(synced, options=("--log-format", "json"))
    assert serving.deliver(client_id=clients(synced)[0], webhook_id="msg_1") == 204
    until(lambda: not recorded(synced))
    assert serving.terminate() == 143

    loggers = {json.loads(line)["logger"] for line in serving.log.splitlines()}

    assert {"pipelines.webhooks.receiver", "pipelines.report.displays"} <= loggers
