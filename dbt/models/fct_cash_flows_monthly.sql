-- Money in and out, one row per account, month and kind of transaction.
select
    account_id,
    ccy_code,
    cast(date_trunc('month', booked_on) as date) as month,
    type,
    is_internal,
    count(*) as movements,
    sum(case when amount > 0 then amount else 0 end) as inflow,
    sum(case when amount < 0 then amount else 0 end) as outflow,
    coalesce(sum(amount), 0) as net
from {{ ref('fct_cash_movements') }}
group by 1, 2, 3, 4, 5
