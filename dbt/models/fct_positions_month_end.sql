-- What each reporting entity held on its last day of each month.
with days as (
    select
        reporting_entity_id,
        cast(date_trunc('month', date) as date) as month,
        max(date) as held_on
    from {{ source('aleta', 'instrument_holdings') }}
    group by 1, 2
)

select
    held.row_key as position_id,
    days.month,
    days.held_on,
    held.reporting_entity_id,
    held.portfolio_id,
    held.depository_id,
    held.instrument_id,
    instruments.name as instrument_name,
    held.ccy_code,
    held.units_in_holding as units,
    held.market_value
from {{ source('aleta', 'instrument_holdings') }} as held
join days on days.reporting_entity_id = held.reporting_entity_id and days.held_on = held.date
left join {{ source('aleta', 'instruments') }} as instruments on instruments.id = held.instrument_id
