package table_test

import (
	"bytes"
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/source"
)

func TestOneTableOfManyFiles(t *testing.T) {
	for _, c := range []struct {
		name, path string
		files      map[string]string
		names      []string
		kinds      []table.Kind
		rows       [][]string
	}{
		{name: "glob, in order of names", path: "*.csv", files: map[string]string{"b.csv": "x\n2\n", "a.csv": "x\n1\n"},
			names: []string{"x"}, kinds: []table.Kind{table.Integer}, rows: [][]string{{"1"}, {"2"}}},
		{name: "another order of columns and another delimiter", path: "*.csv", files: map[string]string{"a.csv": "x,y\n1,a\n", "b.csv": "y;x\nb;2\n"},
			names: []string{"x", "y"}, kinds: []table.Kind{table.Integer, table.String}, rows: [][]string{{"1", "a"}, {"2", "b"}}},
		{name: "whole numbers and fractions", path: "*.csv", files: map[string]string{"a.csv": "x\n1\n", "b.csv": "x\n1.5\n"},
			names: []string{"x"}, kinds: []table.Kind{table.Float}, rows: [][]string{{"1.0"}, {"1.5"}}},
		{name: "numbers and words", path: "*.csv", files: map[string]string{"a.csv": "x\n1\n", "b.csv": "x\nw\n"},
			names: []string{"x"}, kinds: []table.Kind{table.String}, rows: [][]string{{"1"}, {"w"}}},
		{name: "a column without values takes the type of the others", path: "*.csv", files: map[string]string{"a.csv": "x,y\n,1\n", "b.csv": "x,y\n2,2\n"},
			names: []string{"x", "y"}, kinds: []table.Kind{table.Integer, table.Integer}, rows: [][]string{{"∅", "1"}, {"2", "2"}}},
		{name: "double star", path: "**/*.csv", files: map[string]string{"a/b/c.csv": "x\n1\n", "d.csv": "x\n2\n"},
			names: []string{"x"}, kinds: []table.Kind{table.Integer}, rows: [][]string{{"1"}, {"2"}}},
		{name: "a name with the signs of a glob", path: "d[1].csv", files: map[string]string{"d[1].csv": "x\n1\n", "d1.csv": "x\n2\n"},
			names: []string{"x"}, kinds: []table.Kind{table.Integer}, rows: [][]string{{"1"}}},
		{name: "a hostile name", path: "it's; DROP.csv", files: map[string]string{"it's; DROP.csv": "x\n1\n"},
			names: []string{"x"}, kinds: []table.Kind{table.Integer}, rows: [][]string{{"1"}}},
		{name: "Hive partitions", path: "data", files: map[string]string{
			"data/year=2023/city=B%C3%B6n/a.csv": "x\n1\n", "data/year=2024/city=x/b.csv": "x\n2\n", "data/_SUCCESS": "", "data/.crc": "?"},
			names: []string{"x", "year", "city"}, kinds: []table.Kind{table.Integer, table.Integer, table.String},
			rows: [][]string{{"1", "2023", "Bön"}, {"2", "2024", "x"}}},
		{name: "Hive partitions of dates and of null", path: "d", files: map[string]string{
			"d/day=2024-02-29/a.csv": "x\n1\n", "d/day=__HIVE_DEFAULT_PARTITION__/b.csv": "x\n2\n"},
			names: []string{"x", "day"}, kinds: []table.Kind{table.Integer, table.Date}, rows: [][]string{{"1", "2024-02-29"}, {"2", "∅"}}},
		{name: "Hive partitions in another encoding", path: "d", files: map[string]string{
			"d/y=1/a.csv": "\xff\xfex\x00\n\x00\xe9\x00", "d/y=2/a.csv": "\xff\xfex\x00\n\x00z\x00"},
			names: []string{"x", "y"}, kinds: []table.Kind{table.String, table.Integer}, rows: [][]string{{"é", "1"}, {"z", "2"}}},
		{name: "JSON lines", path: "t.jsonl", files: map[string]string{"t.jsonl": `{"a":1,"b":"x","d":"2024-02-29","l":[1],"o":{"k":true}}` + "\n\n" + `{"a":2.5}` + "\n"},
			names: []string{"a", "b", "d", "l", "o"}, kinds: []table.Kind{table.Float, table.String, table.Date, table.Nested, table.Nested},
			rows: [][]string{{"1.0", "x", "2024-02-29", "[1]", "{'k': true}"}, {"2.5", "∅", "∅", "∅", "∅"}}},
	} {
		for _, materialize := range []bool{false, true} {
			t.Run(c.name, func(t *testing.T) {
				opened, err := engine(t).Open(t.Context(), `hostile"; DROP TABLE x; --`, folder(t, c.files), table.Spec{Path: c.path}, materialize)
				require.NoError(t, err)
				require.Equal(t, c.names, names(opened))
				require.Equal(t, c.kinds, kinds(opened))
				require.Equal(t, c.rows, texts(t, opened))
				counts, err := opened.CountWhere(t.Context(), "true")
				require.NoError(t, err)
				require.Equal(t, []int64{int64(len(c.rows))}, counts)
			})
		}
	}
}

func TestWhatCannotBeATable(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		spec  table.Spec
		user  bool // lies in the configuration, not in the data
		says  []string
	}{
		{name: "missing", spec: table.Spec{Path: "no.csv"}, user: true, says: []string{"assay.yaml:3:7: no file at ", "no.csv", "check the path"}},
		{name: "glob without a match", spec: table.Spec{Path: "*.csv"}, user: true, says: []string{"assay.yaml:3:7: no file at ", "*.csv"}},
		{name: "folder without data", files: map[string]string{"d/readme.txt": "x"}, spec: table.Spec{Path: "d"}, user: true, says: []string{"no file at "}},
		{name: "unknown extension", files: map[string]string{"t.xls": "x"}, spec: table.Spec{Path: "t.xls"}, user: true, says: []string{"cannot tell the format", "add format: csv, parquet or jsonl"}},
		{name: "unknown encoding", spec: table.Spec{Path: "t.csv", Encoding: "ebcdic"}, user: true, says: []string{`unknown encoding "ebcdic"`, "utf-8, utf-16, latin-1"}},
		{name: "unknown format", spec: table.Spec{Path: "t.csv", Format: "orc"}, user: true, says: []string{`unknown format "orc"`}},
		{name: "wide delimiter", spec: table.Spec{Path: "t.csv", Delimiter: "||"}, user: true, says: []string{"is not one ASCII character"}},
		{name: "two formats", files: map[string]string{"a.csv": "x\n1\n", "b.jsonl": "{}"}, spec: table.Spec{Path: "*"}, user: true, says: []string{"a.csv is csv, but", "b.jsonl is jsonl"}},
		{name: "no such key", files: map[string]string{"a.csv": "x\n1\n"}, spec: table.Spec{Path: "a.csv", Key: []string{"id"}}, user: true, says: []string{`key column "id"`, `its columns: "x"`}},
		{name: "other columns", files: map[string]string{"a.csv": "x,y\n1,2\n", "b.csv": "x,z\n1,2\n"}, spec: table.Spec{Path: "*.csv"},
			says: []string{"b.csv: its columns are not those of ", `a.csv: missing "y"; additional "z"`}},
		{name: "other partitions", files: map[string]string{"d/k=1/a.csv": "x\n1\n", "d/b.csv": "x\n1\n"}, spec: table.Spec{Path: "d"},
			says: []string{"partition keys", `"k"`}},
		{name: "broken JSON", files: map[string]string{"t.jsonl": "{\"a\":1}\n\n{\"a\":\n"}, spec: table.Spec{Path: "t.jsonl"}, says: []string{"t.jsonl:3: row 2: is not one JSON record"}},
		{name: "JSON that is no record", files: map[string]string{"t.jsonl": "1\n2\n"}, spec: table.Spec{Path: "t.jsonl"}, says: []string{"t.jsonl:1: row 1: is not one JSON record"}},
		{name: "JSON array", files: map[string]string{"t.json": "[{\"a\":1}]"}, spec: table.Spec{Path: "t.json"}, says: []string{"is a JSON array", "one record a line"}},
		{name: "records without fields", files: map[string]string{"t.jsonl": "{}\n{}\n"}, spec: table.Spec{Path: "t.jsonl"}, says: []string{"t.jsonl: its records have no fields"}},
		{name: "empty JSON", files: map[string]string{"t.jsonl": ""}, spec: table.Spec{Path: "t.jsonl"}, says: []string{"t.jsonl: is empty"}},
		{name: "no Parquet", files: map[string]string{"t.parquet": "PAR1 but not really so, no"}, spec: table.Spec{Path: "t.parquet"}, says: []string{"t.parquet: is not readable as parquet"}},
		{name: "no gzip", files: map[string]string{"t.csv.gz": "a,b\n"}, spec: table.Spec{Path: "t.csv.gz"}, says: []string{"t.csv.gz: read gzip: "}},
		{name: "no zstd", files: map[string]string{"t.csv.zst": "a,b\n1,2\n"}, spec: table.Spec{Path: "t.csv.zst"}, says: []string{"t.csv.zst: "}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.spec.Pos = source.Pos{File: "assay.yaml", Line: 3, Column: 7}
			e, dir := engine(t), folder(t, c.files)
			_, err := e.Open(t.Context(), "t", dir, c.spec, false)
			require.Error(t, err)
			for _, part := range c.says {
				require.ErrorContains(t, err, part)
			}
			require.Less(t, len(err.Error()), 600, "none of the engine's own words")
			require.Equal(t, c.user, source.IsUserError(err))
			var malformed *table.MalformedError
			require.Equal(t, !c.user, errors.As(err, &malformed))
			_, err = e.Open(t.Context(), "t", folder(t, map[string]string{"a.csv": "x\n1\n"}), table.Spec{Path: "a.csv"}, false)
			require.NoError(t, err, "the name is free again")
		})
	}
}

func TestNotFoundNamesPathAndPlace(t *testing.T) {
	pos := source.Pos{File: "assay.yaml", Line: 3, Column: 7}
	_, err := engine(t).Open(t.Context(), "t", "/data", table.Spec{Path: "no.csv", Pos: pos}, false)
	var missing *table.NotFoundError
	require.ErrorAs(t, err, &missing)
	require.Equal(t, table.NotFoundError{Path: "/data/no.csv", Pos: pos}, *missing)
}

func TestOneNameOneTable(t *testing.T) {
	e, dir := engine(t), folder(t, map[string]string{"a.csv": "x\n1\n"})
	_, err := e.Open(t.Context(), "train", dir, table.Spec{Path: "a.csv"}, false)
	require.NoError(t, err)
	_, err = e.Open(t.Context(), "TRAIN", dir, table.Spec{Path: "a.csv"}, false)
	require.ErrorContains(t, err, "open already")
}

func TestCompressedFiles(t *testing.T) {
	const content = "a,b\n1,x\n2,y\n"
	var gz, zst bytes.Buffer
	g := gzip.NewWriter(&gz)
	z, err := zstd.NewWriter(&zst)
	require.NoError(t, err)
	for _, w := range []interface {
		Write([]byte) (int, error)
		Close() error
	}{g, z} {
		_, err := w.Write([]byte(content))
		require.NoError(t, err)
		require.NoError(t, w.Close())
	}
	for name, data := range map[string][]byte{"t.csv.gz": gz.Bytes(), "t.csv.zst": zst.Bytes()} {
		for _, encoding := range []string{"", "latin-1"} {
			opened, err := open(t, name, string(data), table.Spec{Encoding: encoding})
			require.NoError(t, err, name)
			require.Equal(t, [][]string{{"1", "x"}, {"2", "y"}}, texts(t, opened))
		}
	}
}

// A Parquet file with a column of each type that needs care, written by the engine itself.
func TestEveryTypeComesOut(t *testing.T) {
	e, dir := engine(t), t.TempDir()
	path := filepath.Join(dir, "types.parquet")
	_, err := e.Open(t.Context(), "seed", folder(t, map[string]string{"a.csv": "x\n1\n"}), table.Spec{Path: "a.csv"}, false)
	require.NoError(t, err)
	require.NoError(t, table.Exec(e, `COPY (SELECT * FROM (VALUES
		(true, 200::UTINYINT, 18446744073709551615::UBIGINT, 1.5::FLOAT, 'nan'::DOUBLE, 12345.67::DECIMAL(9,2), DATE '1970-01-11', TIMESTAMP '1970-01-01 00:00:01.25',
			TIME '00:00:01.5', '6ccd780c-baba-1026-9564-5b8c656024db'::UUID, [1,2], TIMESTAMPTZ '1970-01-01 01:00:00+01', 'infinity'::DATE, '-infinity'::TIMESTAMP, '\x00'::BLOB),
		(NULL, NULL, NULL, NULL, '-inf'::DOUBLE, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL))
		AS t(b, u8, u64, f, d, dec, date, ts, tm, id, l, tz, inf, minf, bl)) TO `+table.Literal(path)+` (FORMAT parquet)`))
	opened, err := e.Open(t.Context(), "t", dir, table.Spec{Path: "types.parquet"}, false)
	require.NoError(t, err)
	require.Equal(t, []table.Kind{table.Boolean, table.Integer, table.Integer, table.Float, table.Float, table.Decimal, table.Date, table.Timestamp,
		table.Time, table.String, table.Nested, table.Timestamp, table.Date, table.Timestamp, table.Other}, kinds(opened))
	rows := 0
	require.NoError(t, opened.Scan(t.Context(), nil, func(c *table.Chunk) error {
		rows += c.Len
		numbers := []float64{1, 200, math.Pow(2, 64), 1.5, math.NaN(), 12345.67, 10, 1.25, 1.5}
		for i, want := range numbers {
			require.True(t, c.Columns[i].Valid(0))
			if got := c.Columns[i].Numbers[0]; !math.IsNaN(want) || !math.IsNaN(got) {
				require.Equal(t, want, got, names(opened)[i])
			}
			require.Equal(t, i == 4, c.Columns[i].Valid(1))
		}
		require.Equal(t, math.Inf(-1), c.Columns[4].Numbers[1])
		require.Equal(t, []string{"6ccd780c-baba-1026-9564-5b8c656024db", ""}, c.Columns[9].Strings)
		require.Equal(t, []string{"[1, 2]", ""}, c.Columns[10].Strings)
		require.False(t, c.Columns[10].Valid(1))
		require.Equal(t, 0.0, c.Columns[11].Numbers[0])
		require.Equal(t, math.Inf(1), c.Columns[12].Numbers[0])
		require.Equal(t, math.Inf(-1), c.Columns[13].Numbers[0])
		return nil
	}))
	require.Equal(t, 2, rows)
	values, err := opened.Aggregate(t.Context(), "max(u64)", "max(dec)", "min(date)")
	require.NoError(t, err)
	require.Equal(t, []string{"18446744073709551615", "12345.67", "1970-01-11"}, []string{values[0].Text, values[1].Text, values[2].Text})
}

// GeoParquet and the like need extensions; none is ever fetched or loaded.
func TestNoExtensionIsLoaded(t *testing.T) {
	e := engine(t)
	result, err := e.Query(t.Context(), "SELECT extension_name FROM duckdb_extensions() WHERE loaded AND install_mode <> 'STATICALLY_LINKED'")
	require.NoError(t, err)
	require.Empty(t, result.Rows)
	result, err = e.Query(t.Context(), "SELECT extension_name FROM duckdb_extensions() WHERE loaded AND extension_name IN ('json', 'parquet')")
	require.NoError(t, err)
	require.Len(t, result.Rows, 2)
	_, err = e.Query(t.Context(), "SELECT * FROM read_csv('https://127.0.0.1:1/x.csv')")
	require.ErrorContains(t, err, "httpfs")
}

func TestALongStringAndManyRowsComeOutWhole(t *testing.T) {
	var content strings.Builder
	content.WriteString("n,s\n")
	long := strings.Repeat("ü", 5000)
	for i := range 10_000 {
		content.WriteString([]string{"1,short\n", "2," + long + "\n", ",\n"}[i%3])
	}
	opened, err := open(t, "t.csv", content.String(), table.Spec{})
	require.NoError(t, err)
	row := 0
	require.NoError(t, opened.Scan(t.Context(), []string{"s", "n"}, func(c *table.Chunk) error {
		for i := range c.Len {
			require.Equal(t, row%3 != 2, c.Columns[0].Valid(i))
			require.Equal(t, row%3 != 2, c.Columns[1].Valid(i))
			require.Equal(t, []string{"short", long, ""}[row%3], c.Columns[0].Strings[i])
			if row%3 != 2 {
				require.Equal(t, float64(row%3+1), c.Columns[1].Numbers[i])
			}
			row++
		}
		return nil
	}))
	require.Equal(t, 10_000, row)
}
