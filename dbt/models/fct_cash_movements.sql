-- One row per transaction and account it is booked on; an fx-spot has two.
with legs as (
    select id, account_id, account_amount as amount, 'account' as leg
    from {{ source('aleta', 'transactions') }}
    union all
    select id, inflow_account_id, inflow_account_amount, 'inflow'
    from {{ source('aleta', 'transactions') }}
    union all
    select id, outflow_account_id, outflow_account_amount, 'outflow'
    from {{ source('aleta', 'transactions') }}
)

select
    legs.id || ':' || legs.leg as movement_id,
    legs.id as transaction_id,
    legs.leg,
    legs.account_id,
    accounts.ccy_code,
    coalesce(transactions.value_date, transactions.trade_date) as booked_on,
    transactions.type,
    transactions.category,
    legs.amount,
    transactions.counterparty_transaction_id is not null
        or (transactions.inflow_account_id is not null and transactions.outflow_account_id is not null) as is_internal
from legs
join {{ source('aleta', 'transactions') }} as transactions on transactions.id = legs.id
left join {{ ref('dim_accounts') }} as accounts on accounts.account_id = legs.account_id
where legs.account_id is not null
