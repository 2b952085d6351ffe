"""Evidently's data-drift preset on two CSV tables, with its JSON and HTML: what `assay drift --report` writes."""
import sys
import tempfile

import pandas
from evidently import Report
from evidently.presets import DataDriftPreset

reference, current = (pandas.read_csv(path) for path in sys.argv[1:3])
result = Report([DataDriftPreset()]).run(current, reference)
with tempfile.TemporaryDirectory() as folder:
    result.save_json(folder + "/report.json")
    result.save_html(folder + "/report.html")
