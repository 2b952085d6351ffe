"""The twenty rules in pandera, on the backend that the first argument names."""
import sys

backend, path = sys.argv[1:3]
if backend == "pandas":
    import pandas
    import pandera.pandas as pa

    table = pandas.read_csv(path)
    mean = pa.Check(lambda column: -1 <= column.mean() <= 1)
    rows = pa.Check(lambda frame: len(frame) > 0)
else:
    import pandera.polars as pa
    import polars

    table = polars.read_csv(path)
    mean = pa.Check(lambda data: data.lazyframe.select(polars.col(data.key).mean().is_between(-1, 1)))
    rows = pa.Check(lambda data: data.lazyframe.select(polars.len() > 0))


def levels(n):
    return pa.Check.isin([f"level-{i}" for i in range(n)])


wide = pa.Check.in_range(-100, 100)
schema = pa.DataFrameSchema({
    "c00": pa.Column(checks=wide), "c01": pa.Column(checks=wide), "c02": pa.Column(checks=wide), "c03": pa.Column(checks=mean),
    "c12": pa.Column(checks=pa.Check.in_range(0, 999)), "c13": pa.Column(checks=pa.Check.in_range(0, 1999)),
    "c15": pa.Column(checks=[pa.Check.str_matches(r"^level-[0-9]+$"), pa.Check.str_length(max_value=12)]),
    "c16": pa.Column(nullable=True, checks=levels(6)), "c17": pa.Column(nullable=True, checks=levels(9)),
    "c18": pa.Column(nullable=True, checks=pa.Check.str_length(min_value=7)), "c20": pa.Column(),
}, checks=rows)
schema.validate(table, lazy=True)
