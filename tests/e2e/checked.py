"""The findings of `check --json`, by what they are about."""

from __future__ import annotations

import json


def checks(ended) -> dict[str, dict]:
    return {check["what"]: check for check in json.loads(ended.out)["checks"]}
