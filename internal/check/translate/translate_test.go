package translate_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
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
	contract, losses, err := translate.Import("frictionless", "schema.json", data)
	require.NoError(t, err)
	text, err := translate.YAML(contract)
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
			examples = examples[1:]
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
	data, losses, err := translate.Export("frictionless", contract)
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
	data, losses, err := translate.Export("frictionless", *contract)
	require.NoError(t, err)
	require.Equal(t, []string{"agrees", "column-order beside other columns", "mostly of a foreign key", "a: outliers", "a: monotone", "a: type decimal, written as number",
		"b: max-age", "b: type timestamp-with-zone, written as datetime", "c: mostly", "c: sensitive", "amount: aggregates"}, words(losses))
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
	_, _, err = translate.Export("dbt", schema.Contract{})
	require.ErrorContains(t, err, "unknown format")
}
