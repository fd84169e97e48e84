"""Definitions for Dagster of a configuration folder: an asset a tenant, synced by the program as its own process."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias

import dagster as dg

from ..settings import TenantSettings, load
from . import process
from .outcome import COUNTS, Outcome, outcome_of
from .pools import introduce, pool_of

GROUP = "aleta"
CHECK = "complete"
JOB = "aleta_sync"
SCHEDULE = "nightly"
TENANT_TAG = "aleta/tenant"

Result: TypeAlias = dg.MaterializeResult[None] | dg.AssetCheckResult
Metadata: TypeAlias = Mapping[str, str | int | float | dg.TableMetadataValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """When tenants are synced, and what is done when that fails.

    Args:
        cron, timezone: when each night begins.
        stale_after: an asset that was not materialized for so long is not fresh.
        retries: of a run that did not complete, where another try may help.
        retry_delay_s: before the first retry; the second waits three times as long (Dagster's exponential backoff).
    """

    cron: str = "15 5 * * *"
    timezone: str = "UTC"
    stale_after: timedelta = timedelta(hours=26)
    retries: int = 2
    retry_delay_s: float = 60.0


NIGHT = Night()


def definitions(config: Path, *, night: Night = NIGHT) -> dg.Definitions:
    """An asset `aleta/TENANT` for each tenant of the folder *config*, and the schedule that runs them.

    Within one Dagster run tenants are synced one after the other; the schedule starts a run a tenant, and pools keep
    two of one `sub`, which share a request budget (rule R4), from running at once. A tenant is an asset and not a
    partition, because a backfill of partitions runs past a limit that goes by tags.

    Raises:
        SettingsError: the configuration is wrong.
    """
    settings = load(config, environ=os.environ)
    tenants, folder = settings.tenants, settings.folder  # absolute: Dagster's processes begin in folders of their own
    job = dg.define_asset_job(JOB, selection=dg.AssetSelection.groups(GROUP), description="Sync of every tenant")
    return dg.Definitions(
        assets=[_asset(tenant, folder, night) for tenant in tenants],
        jobs=[job],
        schedules=[_schedule(tenants, night)],
        executor=dg.in_process_executor,
    )


def key_of(tenant: str) -> dg.AssetKey:
    return dg.AssetKey([GROUP, tenant])


def _asset(tenant: TenantSettings, config: Path, night: Night) -> dg.AssetsDefinition:
    key = key_of(tenant.name)
    whole = dg.AssetCheckSpec(CHECK, asset=key, description="All that the API shows is in the warehouse, and proven.")

    @dg.asset(
        key=key,
        group_name=GROUP,
        description=f"The warehouse of {tenant.name}: all that Aleta's API shows of it.",
        pool=pool_of(tenant.sub),
        check_specs=[whole],
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=night.stale_after),
        retry_policy=dg.RetryPolicy(
            max_retries=night.retries, delay=night.retry_delay_s, backoff=dg.Backoff.EXPONENTIAL
        ),
    )
    def warehouse(context: dg.AssetExecutionContext) -> Iterator[Result]:
        yield from _sync(context, tenant.name, config, last=context.retry_number >= night.retries)

    return warehouse


def _sync(context: dg.AssetExecutionContext, tenant: str, config: Path, *, last: bool) -> Iterator[Result]:
    ended = process.run(process.sync_command(config, tenant))
    outcome = outcome_of(tenant, exit_code=ended.exit, report=ended.out, logged=ended.errors)
    for error in outcome.errors:
        context.log.error("%s: %s", tenant, error)
    facts = _facts(outcome)
    yield dg.AssetCheckResult(
        check_name=CHECK, passed=outcome.complete, description=outcome.reason or None, metadata=facts
    )
    if not outcome.committed or (outcome.again and not last):
        raise dg.Failure(f"{tenant}: {outcome.reason}", metadata=facts, allow_retries=outcome.again)
    yield dg.MaterializeResult(metadata=facts)


def _facts(outcome: Outcome) -> Metadata:
    """The counts as numbers, which Dagster draws from run to run."""
    run = outcome.run
    return {
        "exit": outcome.exit,
        "run_id": run.run_id,
        "duration_s": run.duration_s,
        "requests": run.requests,
        "retries": run.retries,
        **{name: outcome.total(name) for name in COUNTS},
        "tables": dg.MetadataValue.table(_tables(outcome), schema=_COLUMNS),
        **({"errors": "\n".join(outcome.errors)} if outcome.errors else {}),
    }


_COLUMNS = dg.TableSchema([dg.TableColumn("table"), *(dg.TableColumn(name, "int") for name in COUNTS)])


def _tables(outcome: Outcome) -> Sequence[dg.TableRecord]:
    return [
        dg.TableRecord({"table": table} | {name: getattr(counts, name) for name in COUNTS})
        for table, counts in outcome.run.resources.items()
    ]


def _schedule(tenants: Sequence[TenantSettings], night: Night) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=SCHEDULE,
        job_name=JOB,
        cron_schedule=night.cron,
        execution_timezone=night.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="A run a tenant; those of one `sub` wait for each other.",
    )
    def nightly(context: dg.ScheduleEvaluationContext) -> Sequence[dg.RunRequest]:
        if context.instance_ref:  # none where somebody evaluates a schedule by hand
            introduce(context.instance, {pool_of(tenant.sub) for tenant in tenants})
        return [
            dg.RunRequest(run_key=tenant.name, asset_selection=[key_of(tenant.name)], tags={TENANT_TAG: tenant.name})
            for tenant in tenants
        ]

    return nightly
