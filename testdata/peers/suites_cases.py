"""A suite of Great Expectations and a pandera schema for frictionless/table.csv, written by the real packages, and what they find.

suites_cases.py suite | pandera             the file
suites_cases.py suite-rows | pandera-rows   row numbers (from 1) by column
"""

import json
import logging
import pathlib
import sys
import warnings

import pandas as pd

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)
TABLE = pathlib.Path(__file__).parent / "frictionless" / "table.csv"


def frame():
    return pd.read_csv(TABLE, parse_dates=["joined"])


def suite():
    import great_expectations as gx
    import great_expectations.expectations as e

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    made = context.suites.add(gx.ExpectationSuite(name="people"))
    for expectation in (
        e.ExpectTableRowCountToBeBetween(min_value=1, max_value=100),
        e.ExpectColumnValuesToNotBeNull(column="id"),
        e.ExpectColumnValuesToNotBeNull(column="age"),
        e.ExpectColumnValuesToNotBeNull(column="score", mostly=0.5),
        e.ExpectColumnValuesToBeBetween(column="age", min_value=18, max_value=99),
        e.ExpectColumnValuesToBeInSet(column="class", value_set=["good", "bad"]),
        e.ExpectColumnValuesToBeBetween(column="score", min_value=0, max_value=1, strict_max=True, mostly=0.9),
        e.ExpectColumnValuesToMatchRegex(column="code", regex="^[A-Z]+[0-9]$"),
        e.ExpectColumnValuesToMatchRegex(column="mail", regex="@"),
        e.ExpectColumnValueLengthsToEqual(column="code", value=3),
        e.ExpectColumnMeanToBeBetween(column="age", min_value=1, max_value=90),
        e.ExpectColumnPairValuesAToBeGreaterThanB(column_A="age", column_B="id", or_equal=True),
        e.ExpectColumnValuesToNotMatchRegex(column="mail", regex="x"),
    ):
        made.add_expectation(expectation)
    return context, made


def suite_json():
    text = suite()[1].to_json_dict()
    text.pop("id")
    for entry in text["expectations"]:
        entry.pop("id")
    return text


def suite_rows():
    context, made = suite()
    batch = context.data_sources.add_pandas("p").add_dataframe_asset("a").add_batch_definition_whole_dataframe("b").get_batch({"dataframe": frame()})
    rows = {}
    for done in batch.validate(made, result_format="COMPLETE").results:
        if not done.success:
            kwargs = done.expectation_config.kwargs
            found = done.result["unexpected_index_list"]
            rows.setdefault(kwargs.get("column") or f"{kwargs['column_A']}, {kwargs['column_B']}", set()).update(i + 1 for i in found)
    return {column: sorted(found) for column, found in sorted(rows.items())}


def schema():
    import pandera.pandas as pa

    c = pa.Check
    return pa.DataFrameSchema(
        {
            "id": pa.Column("int64", unique=True),
            "age": pa.Column("float64", [c.ge(18), c.le(99)]),
            "mail": pa.Column(str, c.str_contains("@"), nullable=True),
            "site": pa.Column(str, c.str_startswith("https"), nullable=True),
            "joined": pa.Column("datetime64[us]", [c.ge(pd.Timestamp("2024-01-01")), c.lt(pd.Timestamp("2025-01-01"))], nullable=True),
            "class": pa.Column(str, c.isin(["good", "bad"]), description="of the applicant"),
            "score": pa.Column("float64", c.in_range(0, 1), nullable=True),
            "code": pa.Column(str, [c.str_matches("[A-Z]+[0-9]$"), c.str_length(3, 3)]),
            "extra": pa.Column(str, required=False),
        },
        strict=True, ordered=True,
    )


def pandera_rows():
    import pandera.errors

    rows = {}
    try:
        schema().validate(frame(), lazy=True)
    except pandera.errors.SchemaErrors as problems:
        for case in problems.failure_cases.to_dict("records"):
            rows.setdefault(case["column"], set()).add(int(case["index"]) + 1)
    return {column: sorted(found) for column, found in sorted(rows.items())}


what = {"suite": lambda: json.dumps(suite_json(), indent=2), "pandera": lambda: schema().to_yaml(),
        "suite-rows": lambda: json.dumps(suite_rows()), "pandera-rows": lambda: json.dumps(pandera_rows())}
print(what[sys.argv[1]]())
