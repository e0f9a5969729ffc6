"""The customers of a file of sales, as DuckDB and Polars make them: customers_rival.py FORM INPUT
OUTPUT [SQL]. Run by the step `customers` of bench/run, with the Python that has both.

duckdb            the example's own SELECT over read_csv, which is told the types
polars            the same in Polars' streaming engine
polars-validated  all values read as texts, every rule of the contract judged, broken rows put aside
"""

import sys

HEADER = ("transactionId", "custId", "transactionDate", "productSold", "unitsSold")
TYPES = ("VARCHAR", "VARCHAR", "DATE", "VARCHAR", "BIGINT")


def with_duckdb(source, target, sql):
    import duckdb  # pylint: disable=import-outside-toplevel

    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in zip(HEADER, TYPES))
    connection = duckdb.connect()
    connection.execute("SET memory_limit = '2GB'; SET preserve_insertion_order = false")
    connection.execute(f"CREATE TABLE accepted AS SELECT * EXCLUDE (transactionId) FROM "
                       f"read_csv('{source}', delim = '|', header = true, "
                       f"columns = {{{columns}}})")
    connection.execute(f"COPY ({sql}) TO '{target}' (HEADER false)")


def favourites(sales, pl):
    totals = sales.group_by("custId", "productSold").agg(pl.col("unitsSold").sum())
    return totals.group_by("custId").agg(
        pl.col("productSold").filter(pl.col("unitsSold") == pl.col("unitsSold").max()).min())


def streaks(sales, pl):
    days = sales.select("custId", "transactionDate").unique().sort("custId", "transactionDate")
    origin = pl.col("transactionDate").cast(pl.Int32) - pl.col("transactionDate").cum_count().over(
        "custId").cast(pl.Int32)
    runs = days.with_columns(origin=origin).group_by("custId", "origin").agg(pl.len())
    return runs.group_by("custId").agg(pl.col("len").max())


def validated(sales, target, pl):
    """Those that hold, typed; the others go to a file with their reasons."""
    day = pl.col("transactionDate").str.to_date("%Y-%m-%d", strict=False)
    units = pl.when(pl.col("unitsSold").str.contains(r"^[+-]?\d+$")).then(
        pl.col("unitsSold").cast(pl.Int64, strict=False))
    reasons = [pl.when(pl.col(name).str.len_chars().fill_null(0) < 1).then(
        pl.lit(f"field.min_length {name}; ")).otherwise(pl.lit(""))
               for name in ("transactionId", "custId", "productSold")]
    reasons.append(pl.when(day.is_null()).then(pl.lit("field.format transactionDate; "))
                   .otherwise(pl.lit("")))
    reasons.append(pl.when(units.is_null()).then(pl.lit("field.type unitsSold; "))
                   .when(units < 1).then(pl.lit("field.min unitsSold; ")).otherwise(pl.lit("")))
    judged = sales.with_row_index("line", offset=2).with_columns(
        reasons=pl.concat_str(reasons), day=day, units=units)
    judged.filter(pl.col("reasons") != "").sink_csv(target + ".quarantine")
    return judged.filter(pl.col("reasons") == "").select(
        "custId", "productSold", transactionDate="day", unitsSold="units")


def with_polars(source, target, judge):
    import polars as pl  # pylint: disable=import-outside-toplevel,import-error

    types = dict(zip(HEADER, (pl.String, pl.String, pl.Date, pl.String, pl.Int64)))
    if judge:
        types = dict.fromkeys(HEADER, pl.String)
    sales = pl.scan_csv(source, separator="|", schema=types)
    if judge:
        sales = validated(sales, target, pl)
    made = favourites(sales, pl).join(streaks(sales, pl), on="custId")
    made.collect(engine="streaming").write_csv(target, include_header=False)


def main():
    form, source, target, *sql = sys.argv[1:]
    if form == "duckdb":
        with_duckdb(source, target, sql[0])
    else:
        with_polars(source, target, form == "polars-validated")


if __name__ == "__main__":
    main()
