"""Views of accounts and their cash: owners, movements, balances. Pure."""

from __future__ import annotations

from .view import Column, View

CCY = Column(name="ccy_code", description="Currency of the account and of the amounts, ISO 4217")
ACCOUNT = Column(name="account_id", description="The account")
ONE_CURRENCY = "Amounts are in the currency of the account: add up one ccy_code at a time."
VALUE_DATE = "Cash moves on the value date (value_date); if a transaction has none, on its trade date."
TO_COME = "Future value dates are included: exclude them with date <= current_date."
REMOVED = "A removed account keeps its last known transactions: see removed_at in account_tree."
SUM_OF_ALL = (
    "It is the sum of all transactions so far: the bank's balance, if the history begins when the account opened."
)
BALANCE = Column(name="balance", description="Balance at the end of the day", unit="account currency")
TWO_LEGS = "An fx-spot is booked on two accounts and counts on both."

ACCOUNT_TREE = View(
    name="account_tree",
    description="One row per account, with its legal entity, its client and the topmost client above that",
    notes=("Removed accounts are included: removed_at IS NULL excludes them.",),
    columns=(
        Column(name="account_id", description="The account"),
        Column(name="account_name", description="Its display name; may be null"),
        Column(name="external_identifier", description="The bank's own number"),
        Column(name="ccy_code", description="Its currency, ISO 4217"),
        Column(name="exclude_from_reporting", description="Whether reports leave it out"),
        Column(name="legal_entity_id", description="The legal entity that owns it"),
        Column(name="legal_entity_name", description="Display name of the legal entity"),
        Column(name="client_id", description="The client that the legal entity belongs to"),
        Column(name="client_name", description="Display name of the client"),
        Column(name="top_client_id", description="The topmost client above it; the client itself if it has no parent"),
        Column(name="top_client_name", description="Display name of the topmost client"),
        Column(
            name="removed_at",
            description="When a sync first found the account gone from the API; null while it is there",
            unit="UTC",
        ),
    ),
    reads=("accounts", "clients", "legal_entities"),
    sql="""\
WITH RECURSIVE above AS (
    SELECT id AS client_id, id AS top_id, ARRAY[id] AS path, 1 AS height FROM aleta.clients
    UNION ALL
    SELECT above.client_id, parents.id, array_append(above.path, parents.id), above.height + 1
    FROM above
    JOIN aleta.clients ON clients.id = above.top_id
    JOIN aleta.clients AS parents ON parents.id = clients.parent_id
    WHERE NOT parents.id = ANY(above.path)
), tops AS (
    SELECT DISTINCT ON (client_id) client_id, top_id FROM above ORDER BY client_id, height DESC
)
SELECT
    accounts.id AS account_id,
    accounts.name AS account_name,
    accounts.external_identifier,
    accounts.ccy_code,
    accounts.exclude_from_reporting,
    accounts.legal_entity_id,
    legal_entities.name AS legal_entity_name,
    legal_entities.client_id,
    clients.name AS client_name,
    tops.top_id AS top_client_id,
    top_clients.name AS top_client_name,
    accounts.removed_at
FROM aleta.accounts
LEFT JOIN aleta.legal_entities ON legal_entities.id = accounts.legal_entity_id
LEFT JOIN aleta.clients ON clients.id = legal_entities.client_id
LEFT JOIN tops ON tops.client_id = clients.id
LEFT JOIN aleta.clients AS top_clients ON top_clients.id = tops.top_id""",
    question="Which accounts does each family have today, through which client and legal entity?",
    example="""\
SELECT top_client_name, client_name, legal_entity_name, account_id, ccy_code
FROM aleta.account_tree
WHERE removed_at IS NULL
ORDER BY ALL""",
)

CASH_MOVEMENTS = View(
    name="cash_movements",
    description="One row per transaction and account it is booked on: the amount and the date of the movement",
    notes=(
        TWO_LEGS,
        VALUE_DATE,
        TO_COME,
        ONE_CURRENCY,
        REMOVED,
        "cash_balances and flows_by_month are sums of these rows.",
    ),
    columns=(
        Column(name="transaction_id", description="The transaction; an fx-spot has two rows"),
        Column(name="leg", description="account; for an fx-spot inflow or outflow"),
        ACCOUNT,
        CCY,
        Column(name="date", description="Value date; the trade date if there is none", unit="day"),
        Column(name="trade_date", description="Day of the trade", unit="day"),
        Column(name="amount", description="Amount received or, as a negative number, paid", unit="account currency"),
        Column(name="type", description="The kind of transaction, as in the API"),
        Column(
            name="internal",
            description="Whether the other side is on another account that Aleta knows: an fx-spot, and a transfer "
            "that is linked to its other side",
        ),
    ),
    reads=("accounts", "transactions"),
    sql="""\
WITH legs AS (
    SELECT 'account' AS leg, account_id AS of_account, account_amount AS booked, * FROM aleta.transactions
    UNION ALL
    SELECT 'inflow', inflow_account_id, inflow_account_amount, * FROM aleta.transactions
    UNION ALL
    SELECT 'outflow', outflow_account_id, outflow_account_amount, * FROM aleta.transactions
)
SELECT
    legs.id AS transaction_id,
    legs.leg,
    legs.of_account AS account_id,
    accounts.ccy_code,
    coalesce(legs.value_date, legs.trade_date) AS date,
    legs.trade_date,
    legs.booked AS amount,
    legs.type,
    legs.counterparty_transaction_id IS NOT NULL
        OR (legs.inflow_account_id IS NOT NULL AND legs.outflow_account_id IS NOT NULL) AS internal
FROM legs
LEFT JOIN aleta.accounts ON accounts.id = legs.of_account
WHERE legs.of_account IS NOT NULL""",
    question="What moved on the euro account in May 2026?",
    example="""\
SELECT date, type, leg, amount::DECIMAL(18, 2) AS amount, internal
FROM aleta.cash_movements
WHERE account_id = 'a-eur' AND date BETWEEN DATE '2026-05-01' AND DATE '2026-05-31'
ORDER BY ALL""",
)

CASH_BALANCES = View(
    name="cash_balances",
    description="Running balance of each account, one row per day on which something moved",
    notes=(
        "A day without a movement has no row: its balance is that of the previous row.",
        SUM_OF_ALL,
        VALUE_DATE,
        TO_COME,
        TWO_LEGS,
        ONE_CURRENCY,
        REMOVED,
    ),
    columns=(
        ACCOUNT,
        CCY,
        Column(name="date", description="Value date; the trade date if there is none", unit="day"),
        Column(name="movements", description="Movements of that day", unit="count"),
        Column(name="change", description="Sum of the movements", unit="account currency"),
        BALANCE,
    ),
    reads=("cash_movements",),
    sql="""\
WITH days AS (
    SELECT account_id, ccy_code, date, count(*) AS movements, coalesce(sum(amount), 0) AS change
    FROM aleta.cash_movements
    GROUP BY account_id, ccy_code, date
)
SELECT
    account_id,
    ccy_code,
    date,
    movements,
    change,
    sum(change) OVER (PARTITION BY account_id ORDER BY date) AS balance
FROM days""",
    question="What was on each account at the end of May 2026?",
    example="""\
SELECT account_id, ccy_code, max(date) AS last_movement, arg_max(balance, date)::DECIMAL(18, 2) AS balance
FROM aleta.cash_balances
WHERE date <= DATE '2026-05-31'
GROUP BY account_id, ccy_code
ORDER BY ALL""",
)

FLOWS_BY_MONTH = View(
    name="flows_by_month",
    description="Money in and money out, one row per account, month and kind of transaction",
    notes=(
        "Internal movements neither enter nor leave the family: exclude them when you add up accounts.",
        VALUE_DATE,
        "Future months are included, as far as there are value dates.",
        TWO_LEGS,
        ONE_CURRENCY,
        REMOVED,
    ),
    columns=(
        ACCOUNT,
        CCY,
        Column(name="month", description="First day of the month", unit="day"),
        Column(name="type", description="The kind of transaction, as in the API"),
        Column(name="internal", description="Whether the other side is on another account that Aleta knows"),
        Column(name="movements", description="Movements", unit="count"),
        Column(name="inflow", description="Sum of money in", unit="account currency"),
        Column(name="outflow", description="Sum of money out, a negative number", unit="account currency"),
        Column(name="net", description="Sum of inflow and outflow", unit="account currency"),
    ),
    reads=("cash_movements",),
    sql="""\
SELECT
    account_id,
    ccy_code,
    date_trunc('month', date)::DATE AS month,
    type,
    internal,
    count(*) AS movements,
    coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS inflow,
    coalesce(sum(amount) FILTER (WHERE amount < 0), 0) AS outflow,
    coalesce(sum(amount), 0) AS net
FROM aleta.cash_movements
GROUP BY account_id, ccy_code, month, type, internal""",
    question="What came in and went out of the family in each month, by currency?",
    example="""\
SELECT
    month,
    ccy_code,
    sum(inflow)::DECIMAL(18, 2) AS inflow,
    sum(outflow)::DECIMAL(18, 2) AS outflow,
    sum(net)::DECIMAL(18, 2) AS net
FROM aleta.flows_by_month
WHERE NOT internal
GROUP BY month, ccy_code
ORDER BY ALL""",
)
