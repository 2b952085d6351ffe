package schema_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// people breaks something in every column; row 3 is good throughout.
const people = `id,age,city,score,joined,note
1,30,Bonn,0.5,2024-01-01,
2,-4,Köln,nan,2024-13-01,
3,40,Bonn,0.9,2024-02-01,
3,,Rom,1.5,2024-02-01,
,200,bonn,inf,2024-02-01,
`

func open(t *testing.T, files ...string) *table.Table {
	t.Helper()
	dir := t.TempDir()
	for i, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, string(rune('a'+i))+".csv"), []byte(text), 0o600))
	}
	engine, err := table.NewEngine(t.Context(), table.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	opened, err := engine.Open(t.Context(), "people", dir, table.Spec{Path: "*.csv"}, false)
	require.NoError(t, err)
	return opened
}

func num(text string) *source.Number {
	n, err := source.ParseNumber(text, source.Pos{File: "contract.yaml", Line: 9})
	if err != nil {
		panic(err)
	}
	return &n
}

func at[T any](v T) *source.At[T] {
	return &source.At[T]{Value: v, Pos: source.Pos{File: "contract.yaml", Line: 7}}
}

// outcome is one rule in short: column, rule, outcome, broken rows, example rows.
func outcomes(r schema.Result) []string {
	var all []string
	for _, done := range r.Rules {
		var rows []string
		for _, example := range done.Examples {
			rows = append(rows, string(rune('0'+example.Row)))
		}
		all = append(all, strings.TrimSpace(strings.Join([]string{done.Column, done.Rule, done.Outcome.String(), string(rune('0' + done.Broken)), strings.Join(rows, ",")}, " ")))
	}
	return all
}

func TestEachRuleNamesItsRows(t *testing.T) {
	contract := schema.Contract{
		Rows: schema.Rows{Min: num("5"), Max: num("4")}, PrimaryKey: at([]string{"id"}), OtherColumns: at(false),
		Columns: []schema.Column{
			{Name: "id", Unique: at(true)},
			{Name: "age", Type: at(schema.Integer), Nullable: at(false), MaxNullShare: num("0.2"), Min: num("0"), Max: num("120")},
			{Name: "city", Type: at(schema.String), Allowed: at([]string{"Bonn", "Köln"}), Pattern: at("[A-Z].*"), MinLength: num("4"), MaxLength: num("4")},
			{Name: "score", Type: at(schema.Number), Min: num("0"), Max: num("1"), Severity: "warn"},
			{Name: "joined", Type: at(schema.Date)},
			{Name: "gone"},
			{Name: "gone-but-optional", Required: at(false), Min: num("0")},
		},
	}
	result, err := checkTwice(t, open(t, people), contract, schema.Input{File: "contract.yaml"})
	require.NoError(t, err)
	require.Equal(t, []string{
		"rows pass 0",
		"rows fail 0",
		"other-columns fail 0",
		"id primary-key fail 1 5",
		"id primary-key fail 1 3,4",
		"id unique fail 1 3,4",
		"age type pass 0",
		"age nullable fail 1 4",
		"age max-null-share pass 1",
		"age min fail 1 2",
		"age max fail 1 5",
		"city type pass 0",
		"city allowed fail 2 4,5",
		"city pattern fail 1 5",
		"city min-length fail 1 4",
		"city max-length pass 0",
		"score type pass 0",
		"score min warn 1 2",
		"score max warn 3 2,4,5",
		"joined type fail 1 2",
		"gone required fail 0",
	}, outcomes(result))
}

func TestAFindingPointsAtItsRule(t *testing.T) {
	contract := schema.Contract{Columns: []schema.Column{{Name: "age", Max: num("120")}}}
	result, err := checkTwice(t, open(t, people), contract, schema.Input{File: "contract.yaml"})
	require.NoError(t, err)
	f := result.Findings()[0]
	require.Equal(t, 9, f.Pos.Line)
	require.Equal(t, "people.age (≤ 120): 1 of 4 values break it", f.Message)
	require.Equal(t, `for example row 5: "200"`, f.Hint)
}

func TestRowNumbersCountWithinTheirFile(t *testing.T) {
	contract := schema.Contract{Columns: []schema.Column{{Name: "age", Max: num("120")}}}
	result, err := checkTwice(t, open(t, people, people), contract, schema.Input{File: "contract.yaml"})
	require.NoError(t, err)
	examples := result.Rules[0].Examples
	require.Len(t, examples, 2)
	require.Equal(t, int64(5), examples[1].Row)
	require.Equal(t, "b.csv", filepath.Base(examples[1].File))
	require.Contains(t, result.Findings()[0].Hint, "b.csv")
}

func TestWhatCannotBeCheckedNeverPasses(t *testing.T) {
	for name, c := range map[string]struct {
		text     string
		contract schema.Contract
		want     string
	}{
		"an empty table":          {"a\n", schema.Contract{Columns: []schema.Column{{Name: "a", Min: num("0")}}}, "rows not-run 0"},
		"a column of only nulls":  {people, schema.Contract{Columns: []schema.Column{{Name: "note", Max: num("1")}}}, "note max not-run 0"},
		"a range on a date":       {"d\n2024-01-01\n", schema.Contract{Columns: []schema.Column{{Name: "d", Max: num("1")}}}, "d max fail 0"},
		"text for a number":       {"d\n1\nx\n", schema.Contract{Columns: []schema.Column{{Name: "d", Max: num("5")}}}, "d max fail 1 2"},
		"a contract of no rule":   {people, schema.Contract{}, "rows not-run 0"},
		"a fraction in integers":  {"d\n1\n1.5\n", schema.Contract{Columns: []schema.Column{{Name: "d", Type: at(schema.Integer)}}}, "d type fail 1 2"},
		"whole numbers as floats": {"d\n1.0\n2.0\n", schema.Contract{Columns: []schema.Column{{Name: "d", Type: at(schema.Integer)}}}, "d type pass 0"},
	} {
		t.Run(name, func(t *testing.T) {
			result, err := checkTwice(t, open(t, c.text), c.contract, schema.Input{File: "contract.yaml"})
			require.NoError(t, err)
			require.Equal(t, c.want, outcomes(result)[0])
			if result.Rules[0].Outcome == finding.NotRun {
				require.True(t, result.Findings()[0].Blocks())
			}
		})
	}
}

func TestNumbersCompareAsNumbersInAllowed(t *testing.T) {
	contract := schema.Contract{Columns: []schema.Column{{Name: "d", Allowed: at([]string{"1", "2.5"})}}}
	result, err := checkTwice(t, open(t, "d\n1.0\n2.50\n3\n"), contract, schema.Input{File: "contract.yaml"})
	require.NoError(t, err)
	require.Equal(t, []string{"d allowed fail 1 3"}, outcomes(result))
}

func TestHostileNamesAndValues(t *testing.T) {
	text := "\"a\"\" b; DROP\",\"x'y\"\n1,\"it's \"\"\"\n"
	contract := schema.Contract{PrimaryKey: at([]string{`a" b; DROP`}), Columns: []schema.Column{
		{Name: `a" b; DROP`, Unique: at(true)}, {Name: "x'y", Allowed: at([]string{"'); DROP TABLE t; --"}), Pattern: at("'")}}}
	result, err := checkTwice(t, open(t, text), contract, schema.Input{File: "contract.yaml"})
	require.NoError(t, err)
	require.Equal(t, `it's "`, result.Rules[3].Examples[0].Value)
}

func TestResultSurvivesItsFile(t *testing.T) {
	contract := schema.Contract{Columns: []schema.Column{{Name: "age", Max: num("120"), Nullable: at(false)}}}
	result, err := checkTwice(t, open(t, people), contract, schema.Input{File: "contract.yaml"})
	require.NoError(t, err)
	data, err := json.Marshal(result)
	require.NoError(t, err)
	back, err := finding.DecodeAs[schema.Result](data)
	require.NoError(t, err)
	require.Equal(t, result, back)
	require.Len(t, back.Blocks()[0].(finding.Table).Rows, 2)
}
