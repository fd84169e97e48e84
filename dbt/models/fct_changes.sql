-- What each run found changed, added and removed.
select
    changes.run_id,
    runs.kind,
    runs.started_at,
    changes.op,
    count(*) as changes,
    sum(case when changes.late then 1 else 0 end) as late_changes
from {{ source('aleta', 'transaction_changes') }} as changes
left join {{ source('aleta', 'sync_runs') }} as runs on runs.run_id = changes.run_id
group by 1, 2, 3, 4
