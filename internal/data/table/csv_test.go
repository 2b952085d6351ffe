package table_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/source"
)

var no = false

func TestCSVIsReadAsItStands(t *testing.T) {
	for _, c := range []struct {
		name, file, content string
		spec                table.Spec
		names               []string
		kinds               []table.Kind
		rows                [][]string
	}{
		{name: "types", content: "i,f,b,d,ts,s\n1,1.5,true,2024-02-29,2024-02-29 10:00:00,x\n",
			names: []string{"i", "f", "b", "d", "ts", "s"},
			kinds: []table.Kind{table.Integer, table.Float, table.String, table.Date, table.Timestamp, table.String},
			rows:  [][]string{{"1", "1.5", "true", "2024-02-29", "2024-02-29 10:00:00", "x"}}},
		{name: "truth values stay as they were written", content: "a,b,c\nyes,true,f\nno,false,t\n", names: []string{"a", "b", "c"},
			kinds: []table.Kind{table.String, table.String, table.String}, rows: [][]string{{"yes", "true", "f"}, {"no", "false", "t"}}},
		{name: "only an empty field is null", content: "a,b\nNA,\n,null\n",
			names: []string{"a", "b"}, kinds: []table.Kind{table.String, table.String}, rows: [][]string{{"NA", "∅"}, {"∅", "null"}}},
		{name: "header only", content: "a,b\n", names: []string{"a", "b"}, kinds: []table.Kind{table.String, table.String}, rows: [][]string{}},
		{name: "no header", content: "1,2\n3,4\n", names: []string{"column0", "column1"},
			kinds: []table.Kind{table.Integer, table.Integer}, rows: [][]string{{"1", "2"}, {"3", "4"}}},
		{name: "header denied", content: "a\nb\n", spec: table.Spec{Header: &no}, names: []string{"column0"},
			kinds: []table.Kind{table.String}, rows: [][]string{{"a"}, {"b"}}},
		{name: "byte order mark", content: "\xef\xbb\xbfa,b\n1,2\n", names: []string{"a", "b"},
			kinds: []table.Kind{table.Integer, table.Integer}, rows: [][]string{{"1", "2"}}},
		{name: "latin-1", content: "stadt,n\nK\xf6ln,1\n", spec: table.Spec{Encoding: "latin-1"}, names: []string{"stadt", "n"},
			kinds: []table.Kind{table.String, table.Integer}, rows: [][]string{{"Köln", "1"}}},
		{name: "UTF-16 little-endian by its mark", content: "\xff\xfea\x00\n\x00\xf6\x00\n\x00", names: []string{"a"},
			kinds: []table.Kind{table.String}, rows: [][]string{{"ö"}}},
		{name: "UTF-16 big-endian by its mark", content: "\xfe\xff\x00a\x00\n\x00\xf6\x00\n", names: []string{"a"},
			kinds: []table.Kind{table.String}, rows: [][]string{{"ö"}}},
		{name: "UTF-16 declared, no mark", content: "a\x00\n\x00\xf6\x00\n\x00", spec: table.Spec{Encoding: "utf-16"}, names: []string{"a"},
			kinds: []table.Kind{table.String}, rows: [][]string{{"ö"}}},
		{name: "semicolons", content: "a;b\n1,5;x\n", names: []string{"a", "b"},
			kinds: []table.Kind{table.String, table.String}, rows: [][]string{{"1,5", "x"}}},
		{name: "tabs by extension", file: "t.tsv", content: "a\tb\n1\tx,y\n", names: []string{"a", "b"},
			kinds: []table.Kind{table.Integer, table.String}, rows: [][]string{{"1", "x,y"}}},
		{name: "declared delimiter and quote", content: "a:b\n~1:2~:3\n", spec: table.Spec{Delimiter: ":", Quote: "~"}, names: []string{"a", "b"},
			kinds: []table.Kind{table.String, table.Integer}, rows: [][]string{{"1:2", "3"}}},
		{name: "single quotes", content: "'a','b'\n'x,y',2\n", names: []string{"a", "b"},
			kinds: []table.Kind{table.String, table.Integer}, rows: [][]string{{"x,y", "2"}}},
		{name: "hostile names", content: "\"a\"\"b\",\"x\ny\",'); DROP TABLE t; --\n1,2,3\n", names: []string{`a"b`, "x\ny", "'); DROP TABLE t; --"},
			kinds: []table.Kind{table.Integer, table.Integer, table.Integer}, rows: [][]string{{"1", "2", "3"}}},
		{name: "huge whole numbers", content: "n\n99999999999999999999999999\n1\n", names: []string{"n"},
			kinds: []table.Kind{table.Float}, rows: [][]string{{"1e+26"}, {"1.0"}}},
		{name: "CRLF, blank lines, a line end within quotes", content: "a,b\r\n1,\"x\r\ny\"\r\n\r\n2,z\r\n", names: []string{"a", "b"},
			kinds: []table.Kind{table.Integer, table.String}, rows: [][]string{{"1", "x\r\ny"}, {"2", "z"}}},
		{name: "a hash starts no comment", content: "a,b\n#1,2\n", names: []string{"a", "b"},
			kinds: []table.Kind{table.String, table.Integer}, rows: [][]string{{"#1", "2"}}},
		{name: "all text under a header", content: "name,city\nx,y\nz,w\n", names: []string{"name", "city"},
			kinds: []table.Kind{table.String, table.String}, rows: [][]string{{"x", "y"}, {"z", "w"}}},
		{name: "blank lines before the header", content: "\n\na;b\n1;2\n", names: []string{"a", "b"},
			kinds: []table.Kind{table.Integer, table.Integer}, rows: [][]string{{"1", "2"}}},
		{name: "a day before the month", content: "d\n31/12/2023\n01/02/2024\n", names: []string{"d"},
			kinds: []table.Kind{table.Date}, rows: [][]string{{"2023-12-31"}, {"2024-02-01"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := c.file
			if file == "" {
				file = "t.csv"
			}
			opened, err := open(t, file, c.content, c.spec)
			require.NoError(t, err)
			require.Equal(t, c.names, names(opened))
			require.Equal(t, c.kinds, kinds(opened))
			require.Equal(t, c.rows, texts(t, opened))
			n, err := opened.Rows(t.Context())
			require.NoError(t, err)
			require.EqualValues(t, len(c.rows), n)
		})
	}
}

func TestMalformedCSVNamesItsPlace(t *testing.T) {
	late := strings.Repeat("1,2\n", 30000)
	for _, c := range []struct {
		name, content string
		spec          table.Spec
		want          table.MalformedError
	}{
		{name: "empty", content: "", want: table.MalformedError{Reason: "is empty: it has neither a header nor rows"}},
		{name: "blank", content: " \n\n", want: table.MalformedError{Reason: "is empty: it has neither a header nor rows"}},
		{name: "too many fields", content: "a,b\n1,2\n3,4,5\n",
			want: table.MalformedError{Row: 2, Line: 3, Reason: "has 3 fields where the table has 2 columns"}},
		{name: "too many fields without a header", content: "1,1\n3,4,5\n",
			want: table.MalformedError{Row: 2, Line: 2, Reason: "has 3 fields where the table has 2 columns"}},
		{name: "too few fields", content: "a,b\n1\n", want: table.MalformedError{Row: 1, Line: 2, Reason: "has 1 fields where the table has 2 columns"}},
		{name: "too many fields far behind the sample", content: "a,b\n" + late + "1,2,3\n" + late,
			want: table.MalformedError{Row: 30001, Line: 30002, Reason: "has 3 fields where the table has 2 columns"}},
		{name: "after blank lines and line ends within quotes", content: "a,b\n1,\"x\ny\"\n\n2,z\n3,4,5\n",
			want: table.MalformedError{Row: 3, Line: 6, Reason: "has 3 fields where the table has 2 columns"}},
		{name: "unterminated quote", content: "a,b\n1,2\n3,\"x\n4,5\n",
			want: table.MalformedError{Row: 2, Line: 3, Reason: "a quoted field has no closing quote", Hint: "close the quote, or declare another one with quote"}},
		{name: "not UTF-8", content: "a,b\n1,ok\n2,K\xf6ln\n",
			want: table.MalformedError{Row: 2, Line: 3, Column: "b", Reason: "the text is not valid UTF-8",
				Hint: "if the file is not UTF-8, declare its encoding, for example encoding: latin-1"}},
		{name: "two columns of one name", content: "a,b,a\n1,2,3\n",
			want: table.MalformedError{Line: 1, Reason: `two columns are named "a"`, Hint: "give every column its own name"}},
		{name: "names that differ in case", content: "a,A\n1,2\n",
			want: table.MalformedError{Line: 1, Reason: `the columns "a" and "A" differ only in case`, Hint: "give every column its own name"}},
	} {
		for _, materialize := range []bool{false, true} {
			t.Run(c.name, func(t *testing.T) {
				dir := folder(t, map[string]string{"bad.csv": c.content})
				c.spec.Path = "bad.csv"
				opened, err := engine(t).Open(t.Context(), "t", dir, c.spec, materialize)
				if err == nil {
					err = opened.Scan(t.Context(), nil, func(*table.Chunk) error { return nil })
				}
				var got *table.MalformedError
				require.ErrorAs(t, err, &got)
				c.want.File = dir + "/bad.csv"
				require.Equal(t, c.want, *got)
				require.False(t, source.IsUserError(err), "bad data is a finding, not a wrong configuration")
			})
		}
	}
}

// Behind the rows that settle the types, and in a file too large to look at every value first, values stop to fit. None
// may be bent to its column's type (the engine would round 1.5 and drop an hour).
func TestALateValueWidensTheTypes(t *testing.T) {
	const early = 24_000 // rows, 36 MB
	content := "i,w,b,d,pad\n" + strings.Repeat("1,2,true,2024-01-01,"+strings.Repeat("p", 1500)+"\n", early) + "1.5,foo,maybe,2024-01-02 10:00:00,x\n"
	dir := folder(t, map[string]string{"late.csv": content})
	e := engine(t)
	for _, column := range []string{"i", "w", "d"} {
		opened, err := e.Open(t.Context(), "view "+column, dir, table.Spec{Path: "late.csv"}, false)
		require.NoError(t, err)
		require.Equal(t, []table.Kind{table.Integer, table.Integer, table.String, table.Date, table.String}, kinds(opened))
		_, err = opened.Aggregate(t.Context(), "max("+column+")")
		var retyped *table.RetypedError
		require.ErrorAs(t, err, &retyped)
		require.Equal(t, column, retyped.Cause.Column)
		require.EqualValues(t, early+1, retyped.Cause.Row)
		require.EqualValues(t, early+2, retyped.Cause.Line)
		require.Equal(t, []table.Kind{table.Float, table.String, table.String, table.Timestamp, table.String}, kinds(opened))
		values, err := opened.Aggregate(t.Context(), "max("+column+")")
		require.NoError(t, err)
		require.Equal(t, map[string]string{"i": "1.5", "w": "foo", "b": "true", "d": "2024-01-02 10:00:00"}[column], values[0].Text)
	}
	opened, err := e.Open(t.Context(), "copy", dir, table.Spec{Path: "late.csv"}, true)
	require.NoError(t, err)
	require.Equal(t, []table.Kind{table.Float, table.String, table.String, table.Timestamp, table.String}, kinds(opened))
}

// A column that is empty in the rows that settle the types has numbers further on.
func TestALateColumnIsNotText(t *testing.T) {
	content := "pad,n\n" + strings.Repeat(strings.Repeat("p", 1500)+",\n", 24_000) + "p,1\n"
	opened, err := open(t, "late.csv", content, table.Spec{})
	require.NoError(t, err)
	require.Equal(t, []table.Kind{table.String, table.Integer}, kinds(opened))
}

// The engine does not say in which of several files a value outgrew its column.
func TestALateValueInOneOfSeveralFiles(t *testing.T) {
	pad := strings.Repeat("1,"+strings.Repeat("p", 1500)+"\n", 24_000)
	dir := folder(t, map[string]string{"a.csv": "n,pad\n" + pad, "b.csv": "n,pad\n" + pad + "2.5,p\n"})
	opened, err := engine(t).Open(t.Context(), "t", dir, table.Spec{Path: "*.csv"}, false)
	require.NoError(t, err)
	_, err = opened.Aggregate(t.Context(), "sum(n)")
	var retyped *table.RetypedError
	require.ErrorAs(t, err, &retyped)
	require.Equal(t, dir+"/b.csv", retyped.Cause.File)
	require.EqualValues(t, 24_001, retyped.Cause.Row)
	values, err := opened.Aggregate(t.Context(), "sum(n)")
	require.NoError(t, err)
	require.Equal(t, 48_002.5, values[0].Number)
}

func TestSettledStartsOver(t *testing.T) {
	attempts := 0
	require.NoError(t, table.Settled(func() error {
		if attempts++; attempts < 3 {
			return fmt.Errorf("scan: %w", &table.RetypedError{})
		}
		return nil
	}))
	require.Equal(t, 3, attempts)
	require.ErrorIs(t, table.Settled(func() error { return io.EOF }), io.EOF)
}

// A record may be as long as the engine reads any (2 MB), whatever the size of the buffers.
func TestALongRecordIsRead(t *testing.T) {
	const long = 1_900_000
	content := "a,b\n" + strings.Repeat("1,x\n", 5000) + "2," + strings.Repeat("y", long) + "\n" + strings.Repeat("3,"+strings.Repeat("z", 900)+"\n", 5000)
	opened, err := open(t, "t.csv", content, table.Spec{})
	require.NoError(t, err)
	values, err := opened.Aggregate(t.Context(), "max(length(b))", "count(*)")
	require.NoError(t, err)
	require.Equal(t, []float64{long, 10_001}, []float64{values[0].Number, values[1].Number})
	sum, err := sumOf(t, opened)
	require.NoError(t, err)
	require.Equal(t, 5000+2+3*5000.0, sum)
}
