"""Open Data Contracts, written and judged by the standard's own Python package.

odcs_cases.py write        a contract of frictionless/table.csv, as the package writes it
odcs_cases.py check FILE   reads a contract with the package, and holds it against the package's JSON Schema
"""

import json
import pathlib
import sys

import jsonschema
import open_data_contract_standard
import yaml
from open_data_contract_standard.model import DataQuality, OpenDataContractStandard, SchemaObject, SchemaProperty


def none_of(metric, **arguments):
    return DataQuality(type="library", metric=metric, mustBe=0, arguments=arguments or None)


def contract():
    properties = [
        SchemaProperty(name="id", logicalType="integer", required=True, unique=True, physicalType="BIGINT"),
        SchemaProperty(name="age", logicalType="integer", required=True, logicalTypeOptions={"minimum": 18, "maximum": 99, "format": "i32"}),
        SchemaProperty(name="mail", logicalType="string", logicalTypeOptions={"format": "email"}, classification="restricted"),
        SchemaProperty(name="site", logicalType="string", logicalTypeOptions={"format": "uri"}),
        SchemaProperty(name="joined", logicalType="date", logicalTypeOptions={"minimum": "2024-01-01", "maximum": "2024-12-31", "format": "yyyy-MM-dd"}),
        SchemaProperty(name="class", logicalType="string", quality=[none_of("invalidValues", validValues=["good", "bad"])]),
        SchemaProperty(name="score", logicalType="number", logicalTypeOptions={"minimum": 0, "maximum": 1}),
        SchemaProperty(name="code", logicalType="string", logicalTypeOptions={"pattern": "[A-Z]+[0-9]", "minLength": 3, "maxLength": 3}),
    ]
    table = SchemaObject(
        name="table", logicalType="object", properties=properties,
        quality=[DataQuality(type="library", metric="rowCount", mustBeGreaterThan=0), DataQuality(type="sql", name="no ghosts", query="SELECT 1", mustBe=1)],
    )
    return OpenDataContractStandard(apiVersion="v3.1.0", kind="DataContract", version="1.0.0", id="people", status="active", schema=[table], tags=["demo"])


def check(path):
    text = pathlib.Path(path).read_text()
    read = OpenDataContractStandard.from_string(text)
    folder = pathlib.Path(open_data_contract_standard.__file__).parent
    jsonschema.Draft201909Validator(json.loads((folder / "schema.json").read_text())).validate(yaml.safe_load(text))
    return {p.name: [p.logicalType, bool(p.required), bool(p.unique), bool(p.primaryKey)] for p in read.schema_[0].properties}


print(contract().to_yaml() if sys.argv[1] == "write" else json.dumps(check(sys.argv[2])))
