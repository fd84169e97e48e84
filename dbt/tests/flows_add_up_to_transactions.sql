-- Every amount of every transaction is in exactly one month of one account.
with booked as (
    select coalesce(sum(coalesce(account_amount, 0) + coalesce(inflow_account_amount, 0)
        + coalesce(outflow_account_amount, 0)), 0) as total
    from {{ source('aleta', 'transactions') }}
), flows as (
    select coalesce(sum(net), 0) as total from {{ ref('fct_cash_flows_monthly') }}
)

select booked.total as booked, flows.total as in_flows
from booked
cross join flows
where booked.total <> flows.total
