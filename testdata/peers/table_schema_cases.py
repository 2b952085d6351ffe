"""Writes a Table Schema with the real frictionless package, and prints what that package finds in a table.

table_schema_cases.py schema             the schema, as the package writes it
table_schema_cases.py errors SCHEMA      row numbers (header not counted) by column, as the package finds them with a schema
"""

import json
import pathlib
import sys

from frictionless import Resource, Schema, describe

TABLE = pathlib.Path(__file__).parent / "frictionless" / "table.csv"


def resource(schema):
    return Resource(path=TABLE.name, basepath=str(TABLE.parent), schema=schema)


def schema():
    found = describe(TABLE.name, basepath=str(TABLE.parent)).schema
    constraints = {
        "id": {"required": True, "unique": True},
        "age": {"required": True, "minimum": 18, "maximum": 99},
        "joined": {"minimum": "2024-01-01", "maximum": "2024-12-31"},
        "class": {"enum": ["good", "bad"]},
        "score": {"minimum": 0, "maximum": 1},
        "code": {"pattern": "[A-Z]+[0-9]", "minLength": 3, "maxLength": 3},
    }
    descriptor = found.to_descriptor()
    descriptor["missingValues"] = [""]
    for field in descriptor["fields"]:
        if field["name"] in constraints:
            field["constraints"] = constraints[field["name"]]
        if field["name"] == "mail":
            field["format"] = "email"
        if field["name"] == "site":
            field["format"] = "uri"
    return Schema.from_descriptor(descriptor).to_descriptor()


def errors(path):
    report = resource(Schema.from_descriptor(json.loads(pathlib.Path(path).read_text()))).validate()
    rows = {}
    for kind, field, row in report.flatten(["type", "fieldName", "rowNumber"]):
        if row is None:
            raise SystemExit(f"{kind}: not about a row")
        rows.setdefault(field or kind, set()).add(row - 1)
    return {field: sorted(found) for field, found in sorted(rows.items())}


print(json.dumps(schema() if sys.argv[1] == "schema" else errors(sys.argv[2]), indent=2))
