"""Writes pairs of tables as CSV into a folder, and what the real Evidently says of each column to results.json beside them.

    python cases.py FOLDER GERMAN_CREDIT_CSV

Evidently stops with an error where one column is broken; then it is asked again, column by column.
"""

import json
import math
import pathlib
import sys
import warnings

import numpy as np
import pandas as pd
from evidently import Dataset, Report
from evidently.legacy.calculations.stattests import get_stattest
from evidently.presets import DataDriftPreset
from palmerpenguins import load_penguins_raw
from sklearn import datasets
from vega_datasets import local_data

warnings.filterwarnings("ignore")
np.seterr(all="ignore")

READINGS = {"pandas": {}, "empty": {"keep_default_na": False, "na_values": [""]}}
STATTESTS = ["ks", "wasserstein", "jensenshannon", "psi", "kl_div", "hellinger", "chisquare", "z", "anderson", "cramer_von_mises", "mannw",
             "ed", "es", "fisher_exact", "g_test", "t_test", "TVD"]


def halves(frame, seed, share=0.5):
    """Two parts of a table by chance, unequal where share says so."""
    mixed = frame.sample(frac=1, random_state=seed).reset_index(drop=True)
    cut = int(len(mixed) * share)
    return mixed[:cut], mixed[cut:]


def ordered(frame, share):
    """The first rows and the rest: what is ordered by a class or a date drifts."""
    cut = int(len(frame) * share)
    return frame[:cut], frame[cut:]


def bundled(name):
    return getattr(datasets, "load_" + name)(as_frame=True).frame


def hard():
    """Everything that a column can be, in one table; the name of a column says what it is."""
    rng = np.random.default_rng(7)

    def table(n, shift):
        normal = rng.normal(shift, 1, n)
        holes = normal.copy()
        holes[rng.random(n) < 0.2] = np.nan
        infinite = normal.copy()
        infinite[1:4] = np.resize([np.inf, -np.inf, np.inf], len(infinite[1:4]))
        return pd.DataFrame({
            "normal": normal, "with_nulls": holes, "with_infinities": infinite, "heavy": rng.standard_cauchy(n) + shift,
            "constant": 5.0, "constant_text": "x", "boolean": rng.random(n) < 0.3 + shift / 10,
            "boolean_with_nulls": np.where(rng.random(n) < 0.1, "", np.where(rng.random(n) < 0.4, "True", "False")),
            "codes": rng.integers(0, 7, n), "codes_with_nulls": np.where(rng.random(n) < 0.1, np.nan, rng.integers(0, 4, n)),
            "eleven": rng.integers(0, 11, n), "many_integers": rng.integers(0, 10**6, n), "two_values": rng.choice([0.5, 1.5], n),
            "five_values": rng.choice([1.5, 2.5, 3.5, 4.5, 5.5], n), "twenty_one": rng.integers(0, 21, n) / 4, "whole_floats": rng.integers(0, 400, n) * 1.0,
            "words": rng.choice(["a", "b", "NA", "None", "é", "日本"], n), "fifty_words": ["w%d" % v for v in rng.integers(0, 50, n)],
            "missing_words": np.where(rng.random(n) < 0.3, "", rng.choice(["p", "q", "r"], n)), "identifier": ["id-%d-%d" % (v, n) for v in range(n)],
            "tiny": normal * 1e-12, "huge": normal * 1e12, "negative_zero": np.where(rng.random(n) < 0.5, -0.0, 0.0), "spread": np.exp(normal * 4),
        })
    return table


def changed(reference, current):
    """A reference and a current table whose columns are not of one type."""
    reference, current = reference.copy(), current.copy()
    current["new_category"] = "d"
    reference["new_category"] = np.resize(["a", "b", "c"], len(reference))
    reference["fractions_then_codes"], current["fractions_then_codes"] = np.resize([1.0, 2.0, 2.5], len(reference)), np.resize([1, 2, 3], len(current))
    reference["codes_then_fractions"], current["codes_then_fractions"] = np.resize([1, 2, 3], len(reference)), np.resize([1.0, 2.0, 2.5], len(current))
    reference["words_then_codes"], current["words_then_codes"] = "a", np.resize([1, 2, 3], len(current))
    reference["one_word_then_one_code"], current["one_word_then_one_code"] = "a", 1
    reference["words_then_numbers"], current["words_then_numbers"] = "a", np.resize([1.5, 2.5], len(current))
    reference["booleans_then_codes"], current["booleans_then_codes"] = np.resize([True, False], len(reference)), np.resize([0, 1, 1], len(current))
    reference["booleans_then_numbers"], current["booleans_then_numbers"] = np.resize([True, False], len(reference)), np.resize([0.5, 1.0], len(current))
    reference["only_nulls"], current["only_nulls"] = np.nan, np.nan
    reference["nulls_in_reference"], current["nulls_in_reference"] = np.nan, 1.5
    reference["nulls_in_current"], current["nulls_in_current"] = 1.5, np.nan
    reference["beyond_int64"], current["beyond_int64"] = 2**63, 2**63 + 4096
    reference["only_reference"], current["only_current"] = 1.5, 2.5
    return reference, current


def tables():
    yield "iris", ordered(bundled("iris"), 0.6)
    yield "wine", halves(bundled("wine"), 1, 0.7)
    yield "breast_cancer", halves(bundled("breast_cancer"), 2)
    yield "diabetes", halves(bundled("diabetes"), 3, 0.8)
    yield "digits", halves(bundled("digits"), 4, 0.7)
    yield "linnerud", halves(bundled("linnerud"), 5)
    yield "cars", halves(local_data.cars(), 6, 0.4)
    yield "weather", ordered(local_data.seattle_weather(), 0.75)
    yield "stocks", ordered(local_data.stocks(), 0.5)
    yield "barley", halves(local_data.barley(), 7)
    yield "burtin", halves(local_data.burtin(), 8)
    yield "airports", halves(local_data.airports(), 9, 0.5)
    yield "penguins", ordered(load_penguins_raw(), 0.6)
    yield "german_credit", halves(pd.read_csv(sys.argv[2]), 10, 0.6)
    table = hard()
    yield "hard_small", (table(300, 0), table(200, 0.3))
    yield "hard_large", (table(3000, 0), table(1500, 0.1))
    yield "hard_equal", (table(40, 0), table(40, 0.5))
    yield "one_row", (table(1, 0), table(1, 1))
    yield "one_row_against_many", (table(400, 0), table(1, 1))
    yield "tiny", (table(6, 0), table(5, 1))
    yield "changed", changed(table(30, 0)[["normal"]], table(60, 0)[["normal"]])


def number(v):
    v = float(v)
    return v if math.isfinite(v) else None


def ask(reference, current, columns):
    """The preset's answers as {column: answer}, and its count of drifted columns."""
    answers, counted = {}, None
    result = Report([DataDriftPreset(columns=columns)], include_tests=True).run(current, reference).dict()
    for metric in result["metrics"]:
        config = metric["config"]
        if config["type"].endswith("DriftedColumnsCount"):
            counted = {"count": metric["value"]["count"], "share": metric["value"]["share"]}
        else:
            answers[config["column"]] = {"method": config["method"], "threshold": config["threshold"], "score": number(metric["value"])}
    for test in result["tests"]:
        column = (test.get("metric_config") or {}).get("params", {}).get("column")
        if column in answers:
            answers[column]["drifted"] = test["status"] not in ("SUCCESS", "TestStatus.SUCCESS")
    return answers, counted


def read(name, reading):
    return [pd.read_csv(folder / f"{name}.{side}.csv", **READINGS[reading]) for side in ("reference", "current")]


def matters(name, reading):
    """Whether a table reads differently than by default."""
    return reading == "pandas" or any(not a.equals(b) for a, b in zip(read(name, "pandas"), read(name, reading)))


def preset(name, reading):
    reference, current = read(name, reading)
    definition = Dataset.from_pandas(current).data_definition
    kinds = {column: definition.get_column_type(column).value for column in current.columns}
    case = {"name": name, "nulls": reading, "error": None, "counted": None, "columns": []}
    answers = {}
    try:  # without text, which costs many seconds a column and is not reproduced
        answers, case["counted"] = ask(reference, current, [column for column, kind in kinds.items() if kind in ("num", "cat")])
    except Exception as error:  # one broken column stops it
        case["error"] = f"{type(error).__name__}: {error}"
    for column, kind in kinds.items():
        answer = {"name": column, "type": kind, "error": None}
        if column in answers:
            answer.update(answers[column])
        elif kind not in ("num", "cat"):
            answer["error"] = "not asked" if kind == "text" else "not tested"
        else:
            try:
                answer.update(ask(*(frame.filter([column]) for frame in (reference, current)), [column])[0][column])
            except Exception as error:
                answer["error"] = f"{type(error).__name__}: {error}"
        case["columns"].append(answer)
    return case


def by_name(name, columns=None):
    """Every stattest on every column of a table that it applies to."""
    reference, current = read(name, "pandas")
    definition = Dataset.from_pandas(current).data_definition
    for column in columns or current.columns:
        kind = definition.get_column_type(column)
        if kind.value not in ("num", "cat"):
            continue
        x, y = (frame[column].replace([-np.inf, np.inf], np.nan).dropna() for frame in (reference, current))
        for method in STATTESTS:
            if method == "TVD" and len(x) + len(y) > 200:
                continue  # seconds a column
            answer = {"table": name, "column": column, "method": method, "error": None}
            try:
                result = get_stattest(x, y, kind, method)(x.copy(), y.copy(), kind, None)
                answer.update(score=number(result.drift_score), threshold=float(result.actual_threshold), drifted=bool(result.drifted))
            except Exception as error:
                answer["error"] = f"{type(error).__name__}: {error}"
            yield answer


folder = pathlib.Path(sys.argv[1])
names = []
for table_name, (left, right) in tables():
    left.to_csv(folder / f"{table_name}.reference.csv", index=False)
    right.to_csv(folder / f"{table_name}.current.csv", index=False)
    names.append(table_name)
results = {
    "presets": [preset(name, reading) for name in names for reading in READINGS if matters(name, reading)],
    "stattests": [answer for name in ["iris", "wine", "german_credit", "cars", "penguins", "hard_small", "hard_equal", "tiny", "one_row", "barley"] for answer in by_name(name)]
    + list(by_name("digits", ["pixel_0_2", "pixel_3_3", "target"])) + list(by_name("hard_large", ["normal", "eleven", "codes", "whole_floats"])),
}
(folder / "results.json").write_text(json.dumps(results, indent=1))
