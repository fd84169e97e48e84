"""A marimo notebook over a published warehouse: balances, flows, positions, returns, changes.

    marimo edit docs/explore.py -- --warehouse data/acme/warehouse.duckdb

Tables keep every decimal; numbers become floats only where a picture is drawn of them.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="aleta-sync: explore a warehouse")


@app.cell
def _():
    import os

    import altair as alt
    import duckdb
    import marimo as mo
    import polars as pl
    import polars.selectors as cs

    def drawn(frame):
        """For a picture, which may round: every decimal as a float."""
        return frame.with_columns(cs.decimal().cast(pl.Float64))

    return alt, drawn, duckdb, mo, os


@app.cell
def _(duckdb, mo, os):
    chosen = mo.cli_args().get("warehouse") or os.environ.get("ALETA_WAREHOUSE")
    warehouse = chosen or "data/acme/warehouse.duckdb"
    db = duckdb.connect(f"{warehouse}", read_only=True)
    runs = db.sql("SELECT started_at, kind, status, added, modified, removed FROM aleta.sync_runs ORDER BY 1 DESC").pl()
    mo.vstack([mo.md(f"# {warehouse}\n\nThe last runs:"), runs.head(10)])
    return (db,)


@app.cell
def _(db, mo):
    busiest = db.sql(
        "SELECT account_id, coalesce(account_name, account_id) || ' (' || account_tree.ccy_code || ')' AS name "
        "FROM aleta.cash_movements JOIN aleta.account_tree USING (account_id) "
        "GROUP BY ALL ORDER BY count(*) DESC, account_id"
    ).fetchall()
    names = {f"{name} · {account}": account for account, name in busiest}
    account = mo.ui.dropdown(names, value=next(iter(names), None), label="Account")
    account
    return (account,)


@app.cell
def _(account, alt, db, drawn, mo):
    balances = db.sql(
        "SELECT date, movements, change, balance FROM aleta.cash_balances_daily WHERE account_id = ? ORDER BY date",
        params=[account.value],
    ).pl()
    balance_chart = (
        alt.Chart(drawn(balances))
        .mark_area(interpolate="step-after", opacity=0.4, line=True)
        .encode(x=alt.X("date:T", title=None), y=alt.Y("balance:Q", title="balance"))
        .properties(width=700, height=220, title="Balance at the end of each day")
    )
    mo.vstack([mo.md("## Balances"), balance_chart, balances.tail(5)])
    return


@app.cell
def _(alt, db, drawn, mo):
    flows = db.sql(
        "SELECT month, ccy_code, category, sum(net) AS net FROM aleta.flows_by_category "
        "WHERE NOT internal AND month >= current_date - INTERVAL 24 MONTH GROUP BY ALL ORDER BY ALL"
    ).pl()
    flow_chart = (
        alt.Chart(drawn(flows))
        .mark_bar()
        .encode(x=alt.X("month:T", title=None), y=alt.Y("net:Q"), color="category:N", row=alt.Row("ccy_code:N"))
        .properties(width=640, height=110, title="Money in and out by category, of the last two years")
        .resolve_scale(y="independent")
    )
    mo.vstack([mo.md("## Flows\n\nCurrencies are never added up."), flow_chart])
    return


@app.cell
def _(db, mo):
    first, last = db.sql("SELECT min(date), max(date) FROM aleta.instrument_holdings").fetchall()[0]
    as_of = mo.ui.date(start=first, stop=last, value=last, label="As of") if last else mo.ui.date(label="As of")
    as_of
    return (as_of,)


@app.cell
def _(alt, as_of, db, drawn, mo):
    positions = db.sql(
        "SELECT reporting_entity_name, portfolio_name, instrument_name, instrument_class_name, units, market_value, "
        "ccy_code, date FROM aleta.positions_on(?) ORDER BY market_value DESC",
        params=[as_of.value],
    ).pl()
    position_chart = (
        alt.Chart(drawn(positions))
        .mark_bar()
        .encode(
            x=alt.X("sum(market_value):Q", title="market value"),
            y=alt.Y("reporting_entity_name:N", title=None, sort="-x"),
            color=alt.Color("instrument_class_name:N", title="class"),
            row=alt.Row("ccy_code:N"),
        )
        .properties(width=560, title="Positions by class; portfolios that overlap count twice")
        .resolve_scale(x="independent", y="independent")
    )
    mo.vstack([mo.md(f"## Positions on {as_of.value}"), position_chart, positions])
    return


@app.cell
def _(alt, db, drawn, mo):
    returns = db.sql(
        "SELECT reporting_entity_name || ' (' || ccy_code || ')' AS entity, month, 100 * twr AS percent "
        "FROM aleta.performance_monthly WHERE twr IS NOT NULL ORDER BY ALL"
    ).pl()
    return_chart = (
        alt.Chart(drawn(returns))
        .mark_rect()
        .encode(
            x=alt.X("yearmonth(month):O", title=None),
            y=alt.Y("entity:N", title=None),
            color=alt.Color("percent:Q", scale=alt.Scale(scheme="redblue", domainMid=0), title="% a month"),
        )
        .properties(width=560, title="Time-weighted return of each month")
    )
    beside = db.sql("FROM aleta.portfolios_monthly ORDER BY month DESC, reporting_entity_name, portfolio_name").pl()
    mo.vstack([mo.md("## Returns"), return_chart, mo.md("Each entity beside its portfolios:"), beside])
    return


@app.cell
def _(alt, db, mo):
    changes = db.sql(
        "SELECT started_at, op, late, count(*) AS changes FROM aleta.changes_by_run GROUP BY ALL ORDER BY ALL"
    ).pl()
    change_chart = (
        alt.Chart(changes)
        .mark_bar()
        .encode(x=alt.X("started_at:T", title="run"), y="sum(changes):Q", color="op:N", column=alt.Column("late:N"))
        .properties(width=320, height=180, title="What each run found changed")
    )
    latest = db.sql("FROM aleta.changes_by_run ORDER BY started_at DESC, id LIMIT 200").pl()
    mo.vstack(
        [
            mo.md("## Changes\n\nlate: in days that an earlier run had already covered."),
            change_chart if len(changes) else mo.md("None yet."),
            latest,
        ]
    )
    return


if __name__ == "__main__":
    app.run()
