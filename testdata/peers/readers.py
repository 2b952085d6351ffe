"""Reads a JUnit XML file and a SARIF file as other programs do, and prints what they make of them as JSON."""

import json
import sys

import junitparser
from sarif import loader


def junit(path):
    suites = junitparser.JUnitXml.fromfile(path)
    cases = []
    for suite in suites:
        for case in suite:
            outcomes = [(type(r).__name__.lower(), r.message) for r in case.result] or [("passed", None)]
            cases.append({"suite": suite.name, "class": case.classname, "name": case.name, "outcome": outcomes[0][0], "message": outcomes[0][1]})
    counts = {name: sum(getattr(suite, name) for suite in suites) for name in ("tests", "failures", "errors", "skipped")}
    return {"counts": counts, "cases": cases}


def sarif(path):
    file = loader.load_sarif_file(path)
    counts = file.get_report().get_issue_type_histogram_for_severity
    return {
        "tool": file.get_distinct_tool_names(),
        "counts": {level: sum(counts(level).values()) for level in ("error", "warning", "note")},
        "results": [{"file": r.get("Location"), "line": r.get("Line"), "text": r.get("Description")} for r in file.get_records()],
    }


print(json.dumps({"junit": junit(sys.argv[1]), "sarif": sarif(sys.argv[2])}))
