package profile_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/profile"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/source"
)

var update = flag.Bool("update", false, "write the golden files")

func of(t *testing.T, csv string, minCount int64, sensitive ...string) *profile.Profile {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "t.csv"), []byte(csv), 0o600))
	engine, err := table.NewEngine(t.Context(), table.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	opened, err := engine.Open(t.Context(), "t", dir, table.Spec{Path: "t.csv", Sensitive: sensitive}, false)
	require.NoError(t, err)
	made, err := profile.Of(t.Context(), opened, minCount)
	require.NoError(t, err)
	return made
}

func jsonOf(t *testing.T, p *profile.Profile) string {
	t.Helper()
	data, err := p.JSON()
	require.NoError(t, err)
	return string(data)
}

const small = `id,amount,day,city,secret
1,2.5,2024-01-31,Bonn,x
2,nan,2024-02-01,Köln,y
3,inf,2024-02-01,,y
4,-inf,2024-02-29,Bonn,
5,,1912-02-29,"=a"",<b>",z
6,-0,,Rom,z
`

// The file of a small table, as a person has read it: every number in it can be checked by hand.
func TestTheFileIsStable(t *testing.T) {
	got := jsonOf(t, of(t, small, 0, "secret"))
	const golden = "testdata/small.profile.json"
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func TestFilesMatchTheirSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../../../schema/profile.schema.json")
	require.NoError(t, err)
	for name, written := range map[string]string{
		"small": jsonOf(t, of(t, small, 0, "secret")), "hidden": jsonOf(t, of(t, small, 5)), "empty": jsonOf(t, of(t, "a,b\n", 0)),
		"sketches": jsonOf(t, random(3, 20_000).build(0, 20_000)),
	} {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(written))
		require.NoError(t, err)
		require.NoError(t, schema.Validate(value), name)
		value.(map[string]any)["columns"].([]any)[0].(map[string]any)["colour"] = "red"
		require.Error(t, schema.Validate(value), name)
	}
}

func TestSensitiveColumnsHoldCountsOnly(t *testing.T) {
	csv := "id,pay\n"
	for i := range 1000 {
		csv += fmt.Sprintf("%d,%d.125\n", i, 70_000+i*i)
	}
	p := reread(t, of(t, csv, 0, "pay"))
	c := p.Column("pay")
	require.Equal(t, []any{int64(1000), int64(0), true}, []any{c.Values(), c.Nulls, c.Sensitive})
	require.Nil(t, c.Numbers)
	require.NotContains(t, jsonOf(t, p), ".125")
	open := reread(t, of(t, csv, 0))
	require.NotNil(t, open.Column("pay").Numbers)
	require.NoError(t, open.Merge(p))
	require.True(t, open.Column("pay").Sensitive, "one part that is sensitive makes the whole so")
	require.NotContains(t, jsonOf(t, open), ".125")
}

// Nothing that fewer rows than the least count share can be found in the file, in any field.
func TestWhatFewRowsShareIsLeftOut(t *testing.T) {
	csv, rare := "n,few,city,day,long\n", 0
	for i := range 3000 {
		few, city, day := i%3, "often", "2024-01-01"
		if i%1000 == 7 {
			few, city, day = 770077, fmt.Sprintf("rare%d", i), "1999-09-09"
			rare++
		}
		csv += fmt.Sprintf("%d.0625,%d,%s,%s,%s\n", 100_000+i*i, few, city, day, strings.Repeat("x", 1+lengthOf(i)))
	}
	require.Equal(t, 3, rare)
	const least = 20
	p := reread(t, of(t, csv, least))
	written := jsonOf(t, p)
	for _, secret := range []string{"rare", "1999", "770077", `"min":100000`, "registers"} {
		require.False(t, strings.Contains(written, secret), secret)
	}
	for i := range 3000 {
		require.False(t, strings.Contains(written, fmt.Sprintf("%d.0625", 100_000+i*i)))
	}
	require.EqualValues(t, 3000, p.Column("day").Dates.Hidden(), "the only other day would tell how many it hides")
	require.Len(t, p.Column("few").Numbers.Frequent(), 2)
	require.EqualValues(t, least, p.MinCount)
	n := p.Column("n").Numbers
	require.True(t, n.Unbounded)
	require.InDelta(t, 100_000+1500*1500, n.Weighted().Quantile(0.5), 6000*3000*n.Error())
	require.Less(t, n.Error(), 0.11)
	about, _, known := n.Distinct()
	require.True(t, known)
	require.InDelta(t, 3000, about, 200)
	require.NoError(t, p.Merge(reread(t, of(t, csv, 0))))
	_, _, known = reread(t, p).Column("n").Numbers.Distinct()
	require.False(t, known, "a set that was left out cannot be added to")
	require.Zero(t, p.MinCount)
}

func lengthOf(i int) int { return (i * i) % 700 }

func TestFewerValuesThanTheLeastCountAreLeftOut(t *testing.T) {
	p := reread(t, of(t, small, 7))
	for _, c := range p.Columns {
		require.Nil(t, c.Numbers)
		require.Nil(t, c.Texts)
	}
	require.EqualValues(t, 6, p.Rows)
	_, err := profile.Of(t.Context(), nil, 1000)
	require.ErrorContains(t, err, "ask for 5 to 256, or 0")
}

func TestPartsThatDoNotFitAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ a, b, want string }{
		"other columns": {"a,b\n1,2\n", "a,c\n1,2\n", `only one of the profiles has the columns "b", "c"`},
		"other types":   {"a\n1\n", "a\nx\n", `column "a" is integer in one profile and string in another`},
	} {
		t.Run(name, func(t *testing.T) {
			err := of(t, c.a, 0).Merge(of(t, c.b, 0))
			require.True(t, source.IsUserError(err))
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestTypesOfPartsJoin(t *testing.T) {
	for name, c := range map[string]struct{ a, b, kind string }{
		"whole and broken numbers": {"a\n1\n", "a\n1.5\n", "float"},
		"nothing and numbers":      {"a\n\"\"\n", "a\n1\n", "integer"},
		"numbers and nothing":      {"a\n1\n", "a\n\"\"\n", "integer"},
	} {
		t.Run(name, func(t *testing.T) {
			p := of(t, c.a, 0)
			require.NoError(t, p.Merge(of(t, c.b, 0)))
			require.Equal(t, c.kind, reread(t, p).Columns[0].Kind.String())
		})
	}
}

// hostile are files that must be refused, made from a good one.
var hostile = map[string]struct{ old, new, want string }{
	"no JSON":              {`{"format"`, `{format`, "is no profile"},
	"another file":         {"assay-profile", "assay-report", "is no profile"},
	"a newer version":      {`"version":1`, `"version":2`, "version 2 of the format; this program reads version 1"},
	"an unknown field":     {`"rows":6`, `"rows":6,"row":1`, "unknown field"},
	"two files":            {"\n]}\n", "\n]}\n{}", "is no profile"},
	"negative rows":        {`"rows":6`, `"rows":-1`, "impossible numbers"},
	"huge rows":            {`"rows":6`, `"rows":9223372036854775807`, "impossible numbers"},
	"fewer rows":           {`"rows":6`, `"rows":5`, "numbers in"},
	"a column twice":       {`"name":"city"`, `"name":"day"`, "there twice"},
	"an unknown kind":      {`"kind":"date"`, `"kind":"data"`, `no kind "data"`},
	"another kind":         {`"kind":"date"`, `"kind":"string"`, "values of another kind"},
	"more nulls than rows": {`"nulls":1,"nan":1`, `"nulls":7,"nan":1`, "more nulls"},
	"a sensitive value":    {`"sensitive":true`, `"sensitive":true,"texts":{}`, "a sensitive column holds values"},
	"a count of nothing":   {`{"value":1,"count":1}`, `{"value":1,"count":0}`, "too often"},
	"a value twice":        {`{"value":1,"count":1}`, `{"value":2,"count":1}`, "there twice"},
	"a value gone":         {`{"value":1,"count":1},`, ``, "not all"},
	"a negative error":     {`"frequent":{"error":0`, `"frequent":{"error":-1`, "impossible frequent"},
	"bounds reversed":      {`"min":1,"max":6`, `"min":7,"max":6`, "impossible moments"},
	"an unknown unit":      {`"unit":"day"`, `"unit":"week"`, `no unit "week"`},
	"no day":               {`"2024-01-31"`, `"2024-1-31"`, "begins no day"},
	"hostile day":          {`"2024-01-31"`, `"99999999999-1-1"`, "is no day"},
	"dates gone":           {`{"from":"2024-01-31","count":1},`, ``, "do not hold them all"},
	"an infinity":          {`"min":1,`, `"min":1e999,`, "cannot unmarshal"},
}

func TestHostileFilesAreRefused(t *testing.T) {
	good := jsonOf(t, of(t, small, 0, "secret"))
	for name, c := range hostile {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, good, c.old)
			_, err := profile.Read("p.json", []byte(strings.Replace(good, c.old, c.new, 1)))
			require.ErrorContains(t, err, c.want)
			require.True(t, source.IsUserError(err))
		})
	}
}

func TestHostileSketchesAreRefused(t *testing.T) {
	good := jsonOf(t, random(3, 20_000).build(0, 20_000))
	for name, change := range map[string]func(column, numbers map[string]any){
		"another count":             func(_, n map[string]any) { n["count"] = json.Number("7") },
		"levels not in order":       func(_, n map[string]any) { n["quantiles"].(map[string]any)["levels"] = []any{[]any{2, 1}} },
		"endless levels":            func(_, n map[string]any) { n["quantiles"].(map[string]any)["levels"] = make([]any, 10_000) },
		"a smaller error":           func(_, n map[string]any) { n["quantiles"].(map[string]any)["error"] = 0.001 },
		"a negative variance":       func(_, n map[string]any) { n["quantiles"].(map[string]any)["variance"] = -1 },
		"no registers":              func(_, n map[string]any) { n["distinct"].(map[string]any)["registers"] = "AAAA" },
		"more distinct than values": func(_, n map[string]any) { n["distinct"].(map[string]any)["about"] = 1_000_000_000 },
	} {
		t.Run(name, func(t *testing.T) {
			decoder := json.NewDecoder(strings.NewReader(good))
			decoder.UseNumber()
			var file map[string]any
			require.NoError(t, decoder.Decode(&file))
			column := file["columns"].([]any)[0].(map[string]any)
			change(column, column["numbers"].(map[string]any))
			bad, err := json.Marshal(file)
			require.NoError(t, err)
			// Marshal orders keys by name: format does not come first, and need not.
			_, err = profile.Read("p.json", bad)
			require.True(t, source.IsUserError(err), "%v", err)
		})
	}
}

func FuzzRead(f *testing.F) {
	golden, err := os.ReadFile("testdata/small.profile.json")
	require.NoError(f, err)
	f.Add(golden)
	for _, c := range hostile {
		f.Add(bytes.Replace(golden, []byte(c.old), []byte(c.new), 1))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := profile.Read("p.json", data)
		if err != nil {
			require.True(t, source.IsUserError(err))
			return
		}
		again := reread(t, p)
		p.Blocks()
		_ = again.Merge(p) // parts of other columns cannot be there; sums may be too large
		reread(t, again)
	})
}
