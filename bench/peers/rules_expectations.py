"""The twenty rules in Great Expectations."""
import sys

import great_expectations as gx
import great_expectations.expectations as e
import pandas

table = pandas.read_csv(sys.argv[1])
context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}
batch = context.data_sources.add_pandas("p").add_dataframe_asset("t").add_batch_definition_whole_dataframe("b").get_batch({"dataframe": table})
suite = gx.ExpectationSuite("rules", expectations=[
    e.ExpectTableRowCountToBeBetween(min_value=1),
    *[e.ExpectColumnValuesToNotBeNull(column=c) for c in ("c00", "c01", "c02", "c03", "c12", "c13", "c15", "c20")],
    *[e.ExpectColumnValuesToBeBetween(column=c, min_value=low, max_value=high)
      for c, low, high in (("c00", -100, 100), ("c01", -100, 100), ("c02", -100, 100), ("c12", 0, 999), ("c13", 0, 1999))],
    e.ExpectColumnMeanToBeBetween(column="c03", min_value=-1, max_value=1),
    e.ExpectColumnValuesToMatchRegex(column="c15", regex=r"^level-[0-9]+$"),
    e.ExpectColumnValueLengthsToBeBetween(column="c15", max_value=12),
    e.ExpectColumnValuesToBeInSet(column="c16", value_set=[f"level-{i}" for i in range(6)]),
    e.ExpectColumnValuesToBeInSet(column="c17", value_set=[f"level-{i}" for i in range(9)]),
    e.ExpectColumnValueLengthsToBeBetween(column="c18", min_value=7),
])
sys.exit(not batch.validate(suite).success)
