package schema_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

func rule(sql string) schema.SQLRule {
	return schema.SQLRule{Condition: schema.Condition{Rule: at(sql)}}
}

func query(sql string) schema.SQLRule { return schema.SQLRule{Query: at(sql)} }

const orders = "id,amount,cap,status,note\n1,5,10,open,ten\n2,15,10,open,20\n3,15,10,closed,30\n4,,10,open,40\n"

// checkSQL checks behind the fence.
func checkSQL(t *testing.T, contract schema.Contract) schema.Result {
	t.Helper()
	opened := tables(t, map[string]string{"data": orders, "caps": "id,cap\n1,10\n2,20\n"})
	require.NoError(t, opened["data"].Engine().Fence(t.Context()))
	result, err := checkTwice(t, opened["data"], contract, schema.Input{File: "contract.yaml", Tables: opened, Now: noon})
	require.NoError(t, err)
	return result
}

func TestRulesInSQL(t *testing.T) {
	where := rule("amount <= cap")
	where.Where = at("status = 'closed'")
	nobody := rule("amount <= cap")
	nobody.Where = at("status = 'gone'")
	mostly := rule("AMOUNT <= cap -- a comment")
	mostly.Mostly, mostly.Name = num("0.3"), "capped"
	result := checkSQL(t, schema.Contract{PrimaryKey: at([]string{"id"}), Rules: []schema.SQLRule{
		rule("amount <= cap"), where, nobody, mostly, rule("id IN (SELECT id FROM caps)"), query("SELECT * FROM data WHERE amount > 100"),
		query("SELECT id, note FROM data WHERE id > 2"),
	}, Columns: []schema.Column{{Name: "id", Max: num("9")}}})
	require.Equal(t, []string{
		"id primary-key pass 0",
		"id primary-key pass 0",
		"amount, cap sql fail 2 2,3",
		"amount, cap, status sql fail 1 3",
		"amount, cap, status sql not-run 0",
		"amount, cap sql pass 2",
		"id sql fail 2 3,4",
		"sql pass 0",
		"sql fail 2 0,0",
		"id max pass 0",
	}, outcomes(result))
	require.Equal(t, "2 of 3 values break it", result.Rules[2].Message, "a row with a null is neither")
	rows := result.Blocks()[0].(finding.Table).Rows
	require.Equal(t, finding.Share(2.0/3), rows[2].Cells[3], "the share is that which the message speaks of")
	require.Equal(t, finding.Absent{}, rows[8].Cells[3], "a query has none")
	require.Contains(t, result.Findings()[8].Hint, `"3, 30"`)
}

func TestARuleThatFailsTakesNoOtherWithIt(t *testing.T) {
	result := checkSQL(t, schema.Contract{Rules: []schema.SQLRule{
		rule("CAST(note AS INTEGER) > 0"), rule("nothing = 1"), rule("sum(amount) > 0"), rule("amount <= cap"),
		query("SELECT * FROM nowhere"), query("SELECT CAST(note AS INTEGER) FROM data"), query("SELECT * FROM read_csv('/etc/passwd')"),
	}, Columns: []schema.Column{{Name: "id", Max: num("3")}}})
	require.Equal(t, []string{
		"note sql not-run 0", "sql not-run 0", "amount sql not-run 0", "amount, cap sql fail 2 2,3",
		"sql not-run 0", "sql fail 4", "sql not-run 0", "id max fail 1 4",
	}, outcomes(result))
	require.Empty(t, result.Rules[5].Examples, "rows came back, and could not be shown")
	for i, want := range map[int]string{0: "'ten'", 1: "nothing", 2: "aggregate", 4: "nowhere", 6: "/etc/passwd"} {
		require.Contains(t, result.Rules[i].Message, want)
		require.Equal(t, finding.Undefined, result.Rules[i].Cause)
		require.True(t, result.Findings()[i].Blocks())
		require.Equal(t, 7, result.Findings()[i].Pos.Line, "the rule's own line")
	}
}

func TestSQLShowsNothingSensitive(t *testing.T) {
	contract := schema.Contract{Rules: []schema.SQLRule{
		rule("note > 'x'"), rule("CAST(note AS INTEGER) > 100"), query("SELECT note AS harmless FROM data"), query("SELECT CAST(note AS INTEGER) FROM data"),
		query("SELECT error(note) FROM data"), rule("error(note) IS NULL"),
	}, Columns: []schema.Column{{Name: "note", Sensitive: true}}}
	result := checkSQL(t, contract)
	require.Equal(t, []string{"note sql fail 4 1,2,3,4", "note sql not-run 0", "sql fail 4", "sql fail 4", "sql fail 4", "note sql not-run 0", "note required pass 0"},
		outcomes(result))
	shown := everything(t, result)
	for _, secret := range []string{"ten", "\"20", "'20", "\"30"} {
		require.NotContains(t, shown, secret)
	}
}

func TestAFindingSaysWhy(t *testing.T) {
	why := rule("amount <= cap")
	why.Description = "the bank never lends more"
	result := checkSQL(t, schema.Contract{Rules: []schema.SQLRule{why}, Columns: []schema.Column{{Name: "note", Sensitive: true}, {Name: "id", Description: "of the order"}}})
	require.Equal(t, "data.amount, cap (amount <= cap): 2 of 3 values break it (the bank never lends more)", result.Findings()[0].Message)
	require.NotContains(t, everything(t, result), "of the order")

	result = checkSQL(t, schema.Contract{Rules: []schema.SQLRule{rule("nothing = 1")}, Columns: []schema.Column{{Name: "note", Sensitive: true}}})
	require.Contains(t, result.Rules[0].Message, "nothing", "a message about words is no secret")
}

func TestSQLCannotChangeWhatOthersAnswer(t *testing.T) {
	for _, hostile := range []string{"true), 0, 0, 0 FROM data; --", "true) FROM data --", "1) UNION ALL SELECT (0", "true\n); DROP VIEW data; SELECT (1"} {
		result := checkSQL(t, schema.Contract{Rules: []schema.SQLRule{rule(hostile), query(hostile)}, Columns: []schema.Column{{Name: "id", Max: num("3")}}})
		require.Equal(t, []string{"sql not-run 0", "sql not-run 0", "id max fail 1 4"}, outcomes(result), hostile)
	}
}

func TestAQueryCannotWrite(t *testing.T) {
	opened := tables(t, map[string]string{"data": orders})
	path := opened["data"].Files()[0]
	require.NoError(t, opened["data"].Engine().Fence(t.Context()))
	contract := schema.Contract{Rules: []schema.SQLRule{query("COPY (SELECT 42) TO '" + path + "' (USE_TMP_FILE false)")}, Pos: source.Pos{}}
	result, err := checkTwice(t, opened["data"], contract, schema.Input{Tables: opened})
	require.NoError(t, err)
	require.Equal(t, []string{"sql not-run 0"}, outcomes(result))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, orders, string(text))
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

func TestAllRowsThatBreakARuleAreExported(t *testing.T) {
	for _, fenced := range []bool{false, true} {
		opened := tables(t, map[string]string{"data": orders})
		contract := schema.Contract{PrimaryKey: at([]string{"id"}), Columns: []schema.Column{{Name: "id", Max: num("2")},
			{Name: "amount", Nullable: at(false), Monotone: at(schema.Decreasing)}, {Name: "cap", Unique: at(true)}, {Name: "note", Sensitive: true}}}
		if fenced {
			contract.Rules = []schema.SQLRule{rule("amount <= cap -- or else"), query("SELECT 1")}
			require.NoError(t, opened["data"].Engine().Fence(t.Context()))
		}
		path := filepath.Join(t.TempDir(), "new", "rows.parquet")
		result, err := checkTwice(t, opened["data"], contract, schema.Input{File: "c.yaml", Export: path})
		require.NoError(t, err)
		require.Equal(t, path, result.Exported)
		entries, err := os.ReadDir(filepath.Dir(path))
		require.NoError(t, err)
		require.Len(t, entries, 1, "nothing half written stays")

		engine, err := table.NewEngine(t.Context(), table.Options{})
		require.NoError(t, err)
		defer engine.Close()
		back, err := engine.Open(t.Context(), "rows", filepath.Dir(path), table.Spec{Path: "rows.parquet"}, false)
		require.NoError(t, err)
		var names []string
		for _, c := range back.Columns() {
			names = append(names, c.Name)
		}
		require.Equal(t, []string{"assay rule", "assay file", "assay row", "id", "amount", "cap", "status"}, names, "all but the sensitive one")
		found, err := engine.Query(t.Context(), `SELECT "assay rule" || ' ' || string_agg("assay row", ',' ORDER BY "assay row") FROM rows GROUP BY "assay rule" ORDER BY 1`)
		require.NoError(t, err)
		var got []string
		for _, row := range found.Rows {
			got = append(got, row[0].Text)
		}
		want := []string{"amount monotone: decreasing 2,3", "amount nullable: no nulls 4", "cap unique: unique 1,2,3,4", "id max: ≤ 2 3,4"}
		if fenced {
			want = []string{want[0], want[1], "amount, cap sql: amount <= cap -- or else 2,3", want[2], want[3]}
		}
		require.Equal(t, want, got)
	}
}

func TestNothingIsExportedWhereNothingIsBroken(t *testing.T) {
	opened := tables(t, map[string]string{"data": orders})
	path := filepath.Join(t.TempDir(), "rows.parquet")
	result, err := checkTwice(t, opened["data"], schema.Contract{Columns: []schema.Column{{Name: "id", Max: num("9")}}}, schema.Input{Export: path})
	require.NoError(t, err)
	require.Empty(t, result.Exported)
	require.NoFileExists(t, path)
}

func TestWhatAQueryReturnsIsExportedToo(t *testing.T) {
	opened := tables(t, map[string]string{"data": orders})
	contract := schema.Contract{Rules: []schema.SQLRule{query("SELECT id, amount FROM data WHERE id > 2 -- or so"), query("SELECT 1 WHERE false")}}
	require.NoError(t, opened["data"].Engine().Fence(t.Context()))
	path := filepath.Join(t.TempDir(), "rows.parquet")
	result, err := checkTwice(t, opened["data"], contract, schema.Input{Export: path})
	require.NoError(t, err)
	require.Equal(t, path, result.Exported)
	engine, err := table.NewEngine(t.Context(), table.Options{})
	require.NoError(t, err)
	defer engine.Close()
	back, err := engine.Open(t.Context(), "rows", filepath.Dir(path), table.Spec{Path: "*.parquet"}, false)
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(filepath.Dir(path), "rows-query-1.parquet")}, back.Files())
	rows, err := back.Rows(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(2), rows)

	contract.Columns = []schema.Column{{Name: "note", Sensitive: true}}
	result, err = checkTwice(t, opened["data"], contract, schema.Input{Export: filepath.Join(t.TempDir(), "rows.parquet")})
	require.NoError(t, err)
	require.Empty(t, result.Exported)
}
