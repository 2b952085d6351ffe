package translate_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/evolve"
	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/check/translate"
	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
)

const frictionless = "../../../testdata/peers/frictionless/"

// imported is a contract as it comes back from the YAML that the import writes.
func imported(t *testing.T, data []byte) (schema.Contract, []string) {
	t.Helper()
	return importedFrom(t, "frictionless", data)
}

func importedFrom(t *testing.T, format string, data []byte) (schema.Contract, []string) {
	t.Helper()
	contract, losses, err := translate.Import(format, "schema.json", data)
	require.NoError(t, err)
	text, err := schema.YAML(contract)
	require.NoError(t, err)
	back, err := config.ParseContract("translated.yaml", text)
	require.NoError(t, err, "%s", text)
	return *back, words(losses)
}

func words(losses []translate.Loss) []string {
	var all []string
	for _, loss := range losses {
		all = append(all, loss.String())
	}
	return all
}

// rowsThatBreak are the row numbers of the shared table by column, as Frictionless counts them: of two equal values the second.
func rowsThatBreak(t *testing.T, contract schema.Contract) map[string][]int64 {
	t.Helper()
	return rowsThatBreakOr(t, contract, 1)
}

// rowsThatBreakOr leaves out the first few of the rows that are not unique.
func rowsThatBreakOr(t *testing.T, contract schema.Contract, first int) map[string][]int64 {
	t.Helper()
	engine, err := table.NewEngine(t.Context(), table.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	opened, err := engine.Open(t.Context(), "table", frictionless, table.Spec{Path: "table.csv"}, false)
	require.NoError(t, err)
	result, err := schema.Check(t.Context(), opened, contract, schema.Input{})
	require.NoError(t, err)
	rows := map[string][]int64{}
	for _, done := range result.Rules {
		require.NotEqual(t, finding.NotRun, done.Outcome, done.Message)
		examples := done.Examples
		if done.Rule == "unique" && len(examples) > 0 {
			examples = examples[first:]
		}
		for _, example := range examples {
			if !slices.Contains(rows[done.Column], example.Row) {
				rows[done.Column] = append(rows[done.Column], example.Row)
			}
		}
	}
	for _, numbers := range rows {
		slices.Sort(numbers)
	}
	return rows
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(frictionless, name))
	require.NoError(t, err)
	return data
}

func parseRows(t *testing.T, data []byte) map[string][]int64 {
	t.Helper()
	var rows map[string][]int64
	require.NoError(t, json.Unmarshal(data, &rows))
	require.NotEmpty(t, rows)
	return rows
}

// errors.json is what frictionless 5.21.0 finds in table.csv with its own schema.json: see testdata/peers/table_schema_cases.py.
func TestATranslatedSchemaFindsTheSameRows(t *testing.T) {
	contract, losses := imported(t, read(t, "schema.json"))
	require.Empty(t, losses)
	require.Equal(t, parseRows(t, read(t, "errors.json")), rowsThatBreak(t, contract))
}

func TestThereAndBack(t *testing.T) {
	contract, _ := imported(t, read(t, "schema.json"))
	data, losses, err := translate.Export("frictionless", "table", contract)
	require.NoError(t, err)
	require.Empty(t, losses)
	back, more := imported(t, data)
	require.Empty(t, more)
	require.Empty(t, evolve.Compare(contract, back, "a", "b").Changes)
}

func TestWhatCannotBeImportedIsListed(t *testing.T) {
	contract, losses := imported(t, []byte(`{
		"title": "words", "missingValues": ["", "NA"], "fieldsMatch": "partial", "primaryKey": "a", "uniqueKeys": [["a", "b"]],
		"foreignKeys": [{"fields": "a", "reference": {"resource": "t", "fields": ["id"]}}, {"fields": "a", "reference": {"resource": "", "fields": "b"}}],
		"fields": [
			{"name": "a", "type": "geopoint", "rdfType": "x", "description": "d"},
			{"name": "b", "type": "string", "format": "binary", "constraints": {"pattern": "(?=x)", "maxLength": 3, "jsonSchema": {}, "minimum": 1}},
			{"name": "c", "type": "date", "format": "%d.%m.%Y", "constraints": {"minimum": "2024-01-01"}},
			{"name": "d", "type": "number", "bareNumber": false, "constraints": {"maximum": "1e400", "exclusiveMinimum": 0}},
			{"type": "string"}, 7]}`))
	require.Equal(t, []string{"fieldsMatch: partial", "foreignKeys: a key without a resource, which points into its own table", "missingValues", "title",
		"a: type geopoint", "a: rdfType", "b: format binary", "b: constraint jsonSchema", "b: constraint minimum", "b: constraint pattern",
		"d: constraint exclusiveMinimum", "d: constraint maximum", "d: bareNumber", "field 5 has no name", "field 6 has no name"}, losses)
	require.Equal(t, []string{"a"}, contract.PrimaryKey.Value)
	require.Equal(t, "t", contract.ForeignKeys[0].Table)
	require.Equal(t, "%d.%m.%Y", contract.Columns[2].DateFormat.Value)
	require.Equal(t, "2024-01-01", contract.Columns[2].Earliest.Value)
}

func TestWhatCannotBeExportedIsListed(t *testing.T) {
	contract, err := config.LoadContract("../../config/testdata/good-contract/columns-in-depth.yaml")
	require.NoError(t, err)
	data, losses, err := translate.Export("frictionless", "table", *contract)
	require.NoError(t, err)
	require.Equal(t, []string{"agrees", "column-order beside other columns", "mostly of a foreign key", "a: outliers", "a: monotone", "a: type decimal, whose exactness is lost",
		"b: max-age", "b: type timestamp-with-zone, whose zone is lost", "c: mostly", "c: sensitive", "amount: aggregates"}, words(losses))
	require.Contains(t, string(data), `"format": "email"`)
	require.Contains(t, string(data), `"minimum": "2024-01-01"`)
	require.Contains(t, string(data), `"format": "%d.%m.%Y"`)
}

func TestWhatIsNoTableSchema(t *testing.T) {
	for _, text := range []string{"", "[]", "{}", `{"fields": 1}`, "fields: []", `{"fields": [`} {
		_, _, err := translate.Import("frictionless", "schema.json", []byte(text))
		require.ErrorContains(t, err, "schema.json", text)
	}
	_, _, err := translate.Import("dbt", "x", nil)
	require.ErrorContains(t, err, "unknown format")
	_, _, err = translate.Export("dbt", "table", schema.Contract{})
	require.ErrorContains(t, err, "unknown format")
}

func readODCS(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile("../../../testdata/peers/odcs/people.odcs.yaml")
	require.NoError(t, err)
	return data
}

// people.odcs.yaml is what open-data-contract-standard 3.2.0 writes (testdata/peers/odcs_cases.py); it promises what schema.json
// does, so the same rows break it.
func TestAnOpenDataContractFindsTheSameRows(t *testing.T) {
	contract, losses := importedFrom(t, "odcs", readODCS(t))
	require.Equal(t, []string{"mail: classification", "quality no ghosts", "id", "status", "tags", "version"}, losses)
	require.Equal(t, "1", contract.Rows.Min.Text)
	require.Equal(t, parseRows(t, read(t, "errors.json")), rowsThatBreak(t, contract))
}

func TestODCSThereAndBack(t *testing.T) {
	contract, err := config.ParseContract("c.yaml", []byte(`version: 1
description: people
rows: {min: 1, max: 10}
primary-key: [b, a]
unique: [{columns: [a, b]}]
foreign-keys: [{columns: [a, b], table: t, references: [x, y]}]
columns:
  - {name: a, type: integer, nullable: false, unique: true, min: -1.5, max: 7, description: first}
  - {name: b, type: string, max-null-share: 0.07, min-length: 1, max-length: 9, pattern: "[a-z]+", format: email}
  - {name: c, type: date, earliest: 2024-01-01, latest: 2024-12-31}
  - {name: d, type: string, allowed: [x, "7", "yes"]}
  - {name: e, date-format: "%d.%m.%Y"}
  - {name: f, type: timestamp, latest: "2024-12-31 12:00:00"}
  - {name: g, type: list}
  - {name: h}
`))
	require.NoError(t, err)
	data, losses, err := translate.Export("odcs", "people", *contract)
	require.NoError(t, err)
	require.Empty(t, losses)
	back, more := importedFrom(t, "odcs", data)
	require.Equal(t, []string{"id", "name", "status", "version"}, more, "words about the file")
	require.Empty(t, evolve.Compare(*contract, back, "a", "b").Changes, "%s", data)
}

func TestWhatODCSCannotSayIsListed(t *testing.T) {
	contract, err := config.LoadContract("../../config/testdata/good-contract/columns-in-depth.yaml")
	require.NoError(t, err)
	_, losses, err := translate.Export("odcs", "t", *contract)
	require.NoError(t, err)
	require.Equal(t, []string{"a: outliers", "a: monotone", "a: type decimal, whose exactness is lost", "b: max-age", "b: type timestamp-with-zone, whose zone is lost",
		"c: mostly", "c: sensitive", "amount: aggregates", "mostly of a foreign key", "column-order", "agrees"}, words(losses))
}

func TestWhatIsNoOpenDataContract(t *testing.T) {
	head := "kind: DataContract\napiVersion: v3.0.2\n"
	for text, want := range map[string]string{
		"": "empty", "[": "no YAML", "a: 1": "version 3", "kind: DataContract\napiVersion: v2.2.2\n": "version 3", head: "0 tables", head + "schema: [{}, {}]": "2 tables",
		head + "schema: [1]": "objects", "a: &x [1]\nb: *x": "alias",
	} {
		_, _, err := translate.Import("odcs", "c.yaml", []byte(text))
		require.ErrorContains(t, err, "c.yaml", text)
		require.ErrorContains(t, err, want, text)
	}
}

func TestWhatCannotBeImportedFromODCSIsListed(t *testing.T) {
	contract, losses := importedFrom(t, "odcs", []byte(`kind: DataContract
apiVersion: v3.1.0
team: []
schema:
  - name: t
    dataGranularityDescription: x
    relationships: [{type: foreignKey, from: [t.a], to: [u.b, u.c]}]
    properties:
      - {name: logical, physicalName: a, logicalType: vector, primaryKey: true, enum: [{value: 1}, {value: x}], transformLogic: y}
      - {name: b, logicalType: string, logicalTypeOptions: {format: password, pattern: "(?=x)"}, relationships: [{to: u.id}, {to: schema/u/properties/id}]}
      - {name: c, logicalType: date, logicalTypeOptions: {format: "EEE, d MMM", exclusiveMaximum: "2024-01-01"}}
      - {name: d, quality: [{type: text, description: words}, {metric: nullValues, mustBeLessThan: 5, unit: percent}, {metric: invalidValues, mustBe: 3}]}
      - {logicalType: string}
`))
	require.Equal(t, []string{"a: logicalType vector", "a: transformLogic", "b: logicalTypeOptions format", "b: logicalTypeOptions pattern",
		"b: a relationship that is not TABLE.COLUMN", "c: logicalTypeOptions exclusiveMaximum", "c: logicalTypeOptions format",
		"d: quality text", "d: quality nullValues", "d: quality invalidValues", "property 5 has no name", "a relationship that is not TABLE.COLUMN",
		"schema: dataGranularityDescription", "team"}, losses)
	require.Equal(t, []string{"1", "x"}, contract.Columns[0].Allowed.Value)
	require.Equal(t, []string{"a"}, contract.PrimaryKey.Value)
	require.Len(t, contract.ForeignKeys, 1)
}

func readSuite(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("../../../testdata/peers/suites/" + name)
	require.NoError(t, err)
	return data
}

// suite.json and what breaks it come from great_expectations 1.24.1: see testdata/peers/suites_cases.py.
func TestASuiteFindsTheSameRows(t *testing.T) {
	contract, losses := importedFrom(t, "great-expectations", readSuite(t, "suite.json"))
	require.Equal(t, []string{"mail: expect_column_values_to_not_match_regex"}, losses)
	require.Equal(t, parseRows(t, readSuite(t, "suite-rows.json")), rowsThatBreak(t, contract))
}

// old-suite.json was written by great_expectations 0.18.22.
func TestASuiteOfVersionZero(t *testing.T) {
	contract, losses := importedFrom(t, "great-expectations", readSuite(t, "old-suite.json"))
	require.Empty(t, losses)
	require.False(t, contract.Columns[0].Nullable.Get(true))
	require.Equal(t, `"age" >= 18 AND "age" <= 99`, contract.Rules[0].Rule.Value)
	require.Equal(t, 0.9, contract.Rules[0].Mostly.Value)
}

// pandera.yaml and what breaks it come from pandera 0.35.0, which names both of two equal values.
func TestAPanderaSchemaFindsTheSameRows(t *testing.T) {
	contract, losses := importedFrom(t, "pandera", readSuite(t, "pandera.yaml"))
	require.Equal(t, []string{"joined: dtype"}, losses)
	require.Equal(t, parseRows(t, readSuite(t, "pandera-rows.json")), rowsThatBreakOr(t, contract, 0))
}

func TestWhatCannotBeImportedFromASuiteIsListed(t *testing.T) {
	entry := func(kind, kwargs string) string { return `{"type": "` + kind + `", "kwargs": {` + kwargs + `}}` }
	contract, losses := importedFrom(t, "great-expectations", []byte(`{"expectations": [`+strings.Join([]string{
		entry("expect_column_values_to_be_between", `"column": "a", "min_value": 1, "row_condition": "b > 1"`),
		entry("expect_column_values_to_be_between", `"column": "a", "min_value": "x'y", "strict_min": true, "batch_id": null`),
		entry("expect_column_values_to_be_in_set", `"column": "a", "value_set": []`),
		entry("expect_column_values_to_be_unique", ``),
		entry("expect_column_mean_to_be_between", `"column": "a", "min_value": 1, "strict_min": true`),
		entry("expect_column_values_to_match_regex", `"column": "a", "regex": "(?=x)"`),
		entry("expect_column_values_to_be_of_type", `"column": "a", "type_": "NUMERIC(9, 2)"`),
		entry("expect_table_columns_to_match_ordered_list", `"column_list": ["b", "a"]`),
		entry("expect_compound_columns_to_be_unique", `"column_list": ["a", "b"]`),
		entry("expect_table_row_count_to_equal", `"value": 3`),
		entry("expect_column_values_to_be_increasing", `"column": "b", "strictly": true`),
		entry("expect_column_values_to_not_be_in_set", `"column": "b", "value_set": [1, "it's"]`),
	}, ",")+`]}`))
	require.Equal(t, []string{"a: expect_column_values_to_be_between with row_condition", "a: expect_column_values_to_be_in_set with these arguments",
		"expect_column_values_to_be_unique with these arguments", "a: expect_column_mean_to_be_between with strict_min",
		"a: expect_column_values_to_match_regex with these arguments", "a: expect_column_values_to_be_of_type with these arguments"}, losses)
	require.Equal(t, `"a" > 'x''y'`, contract.Rules[0].Rule.Value)
	require.Equal(t, `"b" NOT IN (1, 'it''s')`, contract.Rules[1].Rule.Value)
	require.Equal(t, "b", contract.Columns[0].Name)
	require.True(t, contract.ColumnOrder.Get(false))
	require.Equal(t, schema.Increasing, contract.Columns[0].Monotone.Value)
}

func TestWhatCannotBeImportedFromPanderaIsListed(t *testing.T) {
	contract, losses := importedFrom(t, "pandera", []byte(`schema_type: dataframe
columns:
  a:
    dtype: complex128
    coerce: true
    checks:
      greater_than: {value: 3, options: {raise_warning: true}}
      isin: {value: [x, y], options: {}}
      made_up: 7
  b: {dtype: int64, nullable: true, in_range: {min_value: 0, max_value: 1, include_min: false, include_max: true}, checks: [my_check]}
index: [{dtype: int64}]
strict: filter
unique: [a, b]
`))
	require.Equal(t, []string{"a: coerce", "a: dtype", "a: made_up", "b: checks", "index", "strict"}, losses)
	require.Equal(t, `"a" > 3`, contract.Rules[0].Rule.Value)
	require.Equal(t, []string{"x", "y"}, contract.Columns[0].Allowed.Value)
	require.Equal(t, `"b" > 0 AND "b" <= 1`, contract.Rules[1].Rule.Value)
	require.Equal(t, []string{"a", "b"}, contract.Unique[0].Columns)
}

func TestWhatIsNoSuiteAndNoSchema(t *testing.T) {
	for format, texts := range map[string][]string{"great-expectations": {"", "[]", "{}", `{"expectations": 1}`}, "pandera": {"", "[", "a: 1", "schema_type: series\ncolumns: {}"}} {
		for _, text := range texts {
			_, _, err := translate.Import(format, "file", []byte(text))
			require.ErrorContains(t, err, "file", text)
		}
	}
}
