"""Dagster's pools: tenants of one `sub`, which share a request budget (rule R4), are synced one after the other."""

import re
from collections.abc import Collection

import dagster as dg


def pool_of(sub: str) -> str:
    """The `sub`; Dagster refuses a pool whose name has blanks."""
    return re.sub(r"\s+", "_", sub)


def introduce(instance: dg.DagsterInstance, pools: Collection[str]) -> None:
    """Give *pools* that *instance* does not know yet its default limit.

    Its coordinator does so itself, but only after it has begun all the runs of a new pool that were waiting. A limit
    that an operator set stays.
    """
    if instance.global_op_concurrency_default_limit is None:
        return
    storage = instance.event_log_storage
    known = {limit.name for limit in storage.get_pool_limits()}
    for pool in sorted({*pools} - known):
        storage.initialize_concurrency_limit_to_default(pool)
