package table_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/table"
)

// fenced is an engine with one open table of two files (one UTF-16) behind the fence, and a file that is not the table's.
func fenced(t *testing.T) (*table.Engine, *table.Table, string) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.csv"), []byte("x,y\n1,p\n2,q\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "secret.csv"), []byte("x\n42\n"), 0o600))
	engine, err := table.NewEngine(t.Context(), table.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	opened, err := engine.Open(t.Context(), "t", dir, table.Spec{Path: "a.csv"}, false)
	require.NoError(t, err)
	require.NoError(t, engine.Fence(t.Context()))
	return engine, opened, dir
}

func TestBehindTheFenceDeclaredFilesAreRead(t *testing.T) {
	engine, opened, _ := fenced(t)
	rows, err := opened.Rows(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 2, rows)
	result, err := engine.Query(t.Context(), "SELECT y FROM t WHERE x = 2")
	require.NoError(t, err)
	require.Equal(t, "q", result.Rows[0][0].Text)
	examples, err := opened.Examples(t.Context(), table.Search{Where: "x > 1", Limit: 1})
	require.NoError(t, err)
	require.EqualValues(t, 2, examples[0].Row)
}

func TestBehindTheFenceNothingElseIsReached(t *testing.T) {
	engine, opened, dir := fenced(t)
	file := opened.Files()[0]
	before, err := os.ReadFile(file)
	require.NoError(t, err)
	secret := table.Literal(filepath.Join(dir, "secret.csv"))
	for _, sql := range []string{
		"SELECT * FROM read_csv(" + secret + ")",
		"SELECT * FROM " + secret,
		"SELECT * FROM read_text(" + secret + ")",
		"SELECT * FROM read_blob('/etc/passwd')",
		"SELECT * FROM glob(" + table.Literal(dir+"/*") + ")",
		"SELECT * FROM read_parquet('https://example.com/x.parquet')",
		"SELECT * FROM read_csv('s3://bucket/x.csv')",
		"COPY (SELECT 42) TO " + table.Literal(file) + " (USE_TMP_FILE false)",
		"COPY t TO " + table.Literal(filepath.Join(dir, "out.csv")),
		"CREATE TABLE z AS SELECT 1", "CREATE OR REPLACE VIEW t AS SELECT 1", "DROP VIEW t", "INSERT INTO t VALUES (1)",
		"ATTACH '" + filepath.Join(dir, "x.db") + "'", "INSTALL httpfs", "LOAD httpfs", "EXPORT DATABASE '" + dir + "'",
		"SET memory_limit='1GB'", "SET enable_external_access=true", "RESET lock_configuration", "SET VARIABLE a = 1", "PRAGMA database_list",
		"CREATE SECRET s (TYPE s3)", "CALL pragma_version()", "SELECT 1; SELECT 2", "SELECT 1; DROP VIEW t",
		"EXPLAIN ANALYZE SELECT 1", "BEGIN", "CHECKPOINT", "VACUUM",
	} {
		_, err := engine.Query(t.Context(), sql)
		require.Error(t, err, sql)
	}
	after, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, before, after)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2)
	_, err = engine.Open(t.Context(), "u", dir, table.Spec{Path: "secret.csv"}, false)
	require.Error(t, err, "nor does the engine open another table")
}

func TestConditionsAreTakenApart(t *testing.T) {
	engine, _, _ := fenced(t)
	c, err := engine.ParseCondition(t.Context(), `t.x <= "a b" AND lower(y) IN ('p') -- why`)
	require.NoError(t, err)
	require.Equal(t, table.Condition{Columns: []string{"x", "a b", "y"}}, c)
	c, err = engine.ParseCondition(t.Context(), "x IN (SELECT x FROM t)")
	require.NoError(t, err)
	require.True(t, c.HasQuery)
	for sql, want := range map[string]string{
		"x >":                               "syntax error",
		"x > 1) FROM t WHERE (1 = 1":        "not one condition",
		"x > 1) ORDER BY (x":                "not one condition",
		"1), (2":                            "not one condition",
		"1) UNION SELECT (2":                "not one condition",
		"1) --":                             "syntax error",
		"1); DROP TABLE t; SELECT (1":       "SELECT",
		"1); SELECT (1":                     "2 statements",
		"row_number() OVER () > 1":          "window",
		"x > ?":                             "parameters",
		"x > $limit":                        "parameters",
		"COLUMNS(*) > 1":                    "star",
		"":                                  "syntax error",
		"x > 1 /* ":                         "unterminated",
		"x > 1\x00":                         "zero",
		"x = 1 AND (DELETE FROM t) IS NULL": "syntax error",
	} {
		_, err := engine.ParseCondition(t.Context(), sql)
		var wrong *table.SyntaxError
		require.ErrorAs(t, err, &wrong, sql)
		require.Contains(t, wrong.Reason, want, sql)
	}
}

func TestQueriesAreOneSelect(t *testing.T) {
	engine, _, _ := fenced(t)
	for _, sql := range []string{"SELECT 1", "WITH a AS (SELECT 1) SELECT * FROM a UNION ALL SELECT 2 -- end", "FROM t", "VALUES (1)"} {
		require.NoError(t, engine.ParseSelect(t.Context(), sql), sql)
	}
	for _, sql := range []string{"", "SELECT", "DROP VIEW t", "SELECT 1; SELECT 2", "SELECT 1; DROP VIEW t", "COPY t TO 'x'", "SELECT ?", "SET threads=1",
		"WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a", "SELECT 1 INTO b"} {
		var wrong *table.SyntaxError
		require.ErrorAs(t, engine.ParseSelect(t.Context(), sql), &wrong, sql)
	}
}
