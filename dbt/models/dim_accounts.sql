-- One row per account, with its owner and its client. Removed accounts are included.
select
    accounts.id as account_id,
    accounts.name as account_name,
    accounts.external_identifier,
    accounts.ccy_code,
    accounts.legal_entity_id,
    legal_entities.name as legal_entity_name,
    legal_entities.client_id,
    clients.name as client_name,
    accounts.removed_at is null as is_current
from {{ source('aleta', 'accounts') }} as accounts
left join {{ source('aleta', 'legal_entities') }} as legal_entities on legal_entities.id = accounts.legal_entity_id
left join {{ source('aleta', 'clients') }} as clients on clients.id = legal_entities.client_id
