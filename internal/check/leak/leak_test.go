package leak_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/leak"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// tables are two CSV files to look at.
type tables struct {
	train, test string
	key         []string
	sensitive   []string
}

func look(t testing.TB, in tables, spec leak.Spec) leak.Result {
	t.Helper()
	dir := t.TempDir()
	engine, err := table.NewEngine(t.Context(), table.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	open := func(name, text string) *table.Table {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".csv"), []byte(text), 0o600))
		opened, err := engine.Open(t.Context(), name, dir, table.Spec{Path: name + ".csv", Key: in.key, Sensitive: in.sensitive}, true)
		require.NoError(t, err)
		return opened
	}
	result, err := leak.Run(t.Context(), open("train", in.train), open("test", in.test), spec)
	require.NoError(t, err)
	require.Equal(t, result.Findings(), result.Anew(spec).Findings(), "judged by its shares it comes to the same")
	return result
}

// only is the one check of a rule.
func only(t testing.TB, result leak.Result, rule string) leak.Check {
	t.Helper()
	var found []leak.Check
	for _, check := range result.Checks {
		if check.Rule == rule {
			found = append(found, check)
		}
	}
	require.Len(t, found, 1, rule)
	return found[0]
}

func number(v float64) *source.Number { return &source.Number{Value: v} }

// csv writes n rows of a function under a header.
func csv(header string, n int, row func(i int) string) string {
	var b strings.Builder
	b.WriteString(header + "\n")
	for i := range n {
		b.WriteString(row(i) + "\n")
	}
	return b.String()
}

// scatter is a random number in [0, 1) for each i, always the same.
func scatter(i int) float64 { return rand.New(rand.NewPCG(uint64(i), 1)).Float64() }

const people = "id,age,city,class\n1,30,Bonn,good\n2,,Rom,bad\n3,50,Köln,good\n"

// Each case looks at one rule: what it must say, how many it finds, and the rows of test that it names.
func TestRulesOnRows(t *testing.T) {
	label, group, four := leak.Spec{Label: "class"}, leak.Spec{Group: "patient"}, 4
	for _, c := range []struct {
		name, rule, train, test string
		spec                    leak.Spec
		outcome                 finding.Outcome
		rows                    []int64
	}{
		{"equal but for the key, null equal to null", "shared-rows", people, "id,age,city,class\n9,30,Bonn,good\n8,31,Bonn,good\n7,,Rom,bad\n", label, finding.Fail, []int64{1, 3}},
		{"no row in common", "shared-rows", people, "id,age,city,class\n9,31,Bonn,good\n", label, finding.Pass, nil},
		{"columns of other types compare as text", "shared-rows", people, "id,age,city,class\nx,30,Bonn,good\ny,thirty,Bonn,good\n", leak.Spec{}, finding.Fail, []int64{1}},
		{"an excluded column does not count", "shared-rows", people, "id,age,city,class\n9,30,Paris,good\n", leak.Spec{Exclude: []string{"city"}}, finding.Fail, []int64{1}},
		{"NaN equals NaN, infinity infinity", "shared-rows", "id,x\n1,nan\n2,inf\n3,0.5\n", "id,x\n4,nan\n5,inf\n6,-inf\n", leak.Spec{}, finding.Fail, []int64{1, 2}},
		{"within the share that may pass", "shared-rows", people, "id,age,city,class\n9,30,Bonn,good\n8,31,Bonn,good\n", leak.Spec{MaxShare: number(0.5)}, finding.Pass, []int64{1}},
		{"a warning", "shared-rows", people, "id,age,city,class\n9,30,Bonn,good\n", leak.Spec{Severity: finding.SeverityWarn}, finding.Warn, []int64{1}},
		{"no column besides the key", "shared-rows", "id,x\n1,2\n", "id,y\n1,2\n", leak.Spec{}, finding.NotRun, nil},

		{"white space and case", "similar-rows", people, "id,age,city,class\n9,30, bonn ,GOOD\n8,30,Bonn,good\n", leak.Spec{}, finding.Fail, []int64{1}},
		{"a letter in two forms of Unicode", "similar-rows", people, "id,age,city,class\n9,50,Ko\u0308ln,good\n", leak.Spec{}, finding.Fail, []int64{1}},
		{"digits beyond the sixth", "similar-rows", "id,x\n1,0.12345678\n2,123456.7\n", "id,x\n3,0.12345681\n4,0.123466\n5,123456.9\n", leak.Spec{}, finding.Fail, []int64{1, 3}},
		{"fewer digits", "similar-rows", "id,x\n1,0.12345678\n", "id,x\n4,0.12347\n", leak.Spec{Digits: &four}, finding.Fail, []int64{1}},
		{"numbers that cannot be rounded", "similar-rows", "id,x\n1,nan\n2,1e308\n3,-0.0\n4,inf\n5,1e-310\n", "id,x\n9,2e-310\n8,-1e308\n7,5e-324\n", leak.Spec{}, finding.Pass, nil},

		{"a key in both", "shared-keys", people, "id,age,city,class\n9,1,x,good\n2,1,x,good\n", leak.Spec{}, finding.Fail, []int64{2}},
		{"a null is no key", "shared-keys", "id,x\n1,a\n,b\n", "id,x\n,c\n5,d\n", leak.Spec{}, finding.Pass, nil},
		{"nothing but null keys", "shared-keys", "id,x\n1,a\n", "id,x\n,c\n,d\n", leak.Spec{}, finding.NotRun, nil},
		{"a key that is not there", "shared-keys", people, people, leak.Spec{Key: []string{"nr"}}, finding.NotRun, nil},

		{"a patient in both", "shared-groups", "id,patient,x\n1,p1,1\n2,p2,2\n", "id,patient,x\n3,p3,3\n4,p1,4\n5,p1,5\n6,,5\n", group, finding.Fail, []int64{2, 3}},
		{"other patients", "shared-groups", "id,patient,x\n1,p1,1\n", "id,patient,x\n3,p3,3\n", group, finding.Pass, nil},
		{"no patients", "shared-groups", "id,x\n1,1\n", "id,patient,x\n3,p3,3\n", group, finding.NotRun, nil},

		{"equal but for the label", "label-conflicts", people, "id,age,city,class\n9,30,Bonn,bad\n8,30,Bonn,good\n", label, finding.Fail, []int64{1}},
		{"no label contradicts none", "label-conflicts", people, "id,age,city,class\n9,30,Bonn,\n8,1,Rom,bad\n", label, finding.Pass, nil},
		{"no row with a label", "label-conflicts", people, "id,age,city,class\n9,30,Bonn,\n", label, finding.NotRun, nil},
		{"no label in train contradicts none", "label-conflicts", "id,x,class\n1,5,\n2,6,a\n", "id,x,class\n3,5,a\n", label, finding.Pass, nil},
		{"a label that is not there", "label-conflicts", people, people, leak.Spec{Label: "klass"}, finding.NotRun, nil},
	} {
		t.Run(c.rule+": "+c.name, func(t *testing.T) {
			check := only(t, look(t, tables{train: c.train, test: c.test, key: []string{"id"}}, c.spec), c.rule)
			require.Equal(t, c.outcome.String(), check.Outcome.String(), check.Message)
			var rows []int64
			for _, example := range check.Examples {
				require.Equal(t, "test.csv", filepath.Base(example.File))
				rows = append(rows, example.Row)
			}
			require.Equal(t, c.rows, rows)
			require.Equal(t, int64(len(c.rows)), check.Count)
		})
	}
}

func TestTimeOrder(t *testing.T) {
	for _, c := range []struct {
		name, train, test string
		spec              leak.Spec
		outcome           finding.Outcome
		count             int64
	}{
		{"test after train", "t\n2024-01-01\n2024-01-31\n", "t\n2024-02-01\n2024-02-02\n", leak.Spec{Time: "t"}, finding.Pass, 0},
		{"one row before the end of train, one on it", "t\n2024-01-01\n2024-01-31\n", "t\n2024-01-30\n2024-01-31\n2024-02-02\n", leak.Spec{Time: "t"}, finding.Fail, 2},
		{"windows that overlap", "t,u\n2024-01-01,2024-01-31\n", "t,u\n2024-01-20,2024-02-20\n2024-02-01,2024-02-20\n", leak.Spec{Time: "t", Until: "u"}, finding.Fail, 1},
		{"a date and a time", "t\n2024-01-31\n", "t\n2024-01-30 12:00:00\n2024-01-31 00:00:01\n", leak.Spec{Time: "t"}, finding.Fail, 1},
		{"numbers", "t\n1\n9\ninf\nnan\n", "t\n10.5\n8.5\n-inf\nnan\n", leak.Spec{Time: "t"}, finding.Fail, 1},
		{"text is no time", "t\nspring\n", "t\nsummer\n", leak.Spec{Time: "t"}, finding.NotRun, 0},
		{"a date against a number", "t\n2024-01-31\n", "t\n7\n", leak.Spec{Time: "t"}, finding.NotRun, 0},
		{"no times in train", "t,x\n,1\n,2\n", "t,x\n2024-01-30,1\n", leak.Spec{Time: "t"}, finding.NotRun, 0},
		{"no such column", "t\n2024-01-31\n", "t\n2024-02-01\n", leak.Spec{Time: "when"}, finding.NotRun, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			check := only(t, look(t, tables{train: c.train, test: c.test}, c.spec), "time-order")
			require.Equal(t, c.outcome.String(), check.Outcome.String(), check.Message)
			require.Equal(t, c.count, check.Count)
		})
	}
}

func TestRowsWithoutATimeAreCounted(t *testing.T) {
	result := look(t, tables{train: "t,x\n2024-01-01,1\n", test: "t,x\n2024-02-01,2\n,3\n"}, leak.Spec{Time: "t"})
	require.Contains(t, only(t, result, "time-order").Message, "rows without a value of t: 1")
}

func TestRulesOnColumns(t *testing.T) {
	for _, c := range []struct {
		name, rule string
		header     string
		row        func(i int) string
		spec       leak.Spec
		outcome    finding.Outcome
		columns    []string
	}{
		{"numbers of the rows", "index-columns", "Unnamed,x", func(i int) string { return fmt.Sprintf("%d,%v", i, scatter(i)) }, leak.Spec{}, finding.Warn, []string{"Unnamed"}},
		{"a number twice", "index-columns", "n,x", func(i int) string { return fmt.Sprintf("%d,%v", max(i, 1), scatter(i)) }, leak.Spec{}, finding.Pass, nil},
		{"numbers with gaps", "index-columns", "n,x", func(i int) string { return fmt.Sprintf("%d,%v", 2*i, scatter(i)) }, leak.Spec{}, finding.Pass, nil},
		{"one value, and none", "constant-columns", "c,n,x", func(i int) string { return fmt.Sprintf("a,,%v", scatter(i)) }, leak.Spec{}, finding.Warn, []string{"c", "n"}},
		{"one value and a null", "constant-columns", "c,x", func(i int) string { return fmt.Sprintf("%s,%v", []string{"a", ""}[min(i, 1)], scatter(i)) }, leak.Spec{}, finding.Pass, nil},
		{"copies", "duplicate-columns", "a,b,c,d", func(i int) string { return fmt.Sprintf("%v,%d,%[1]v,%[2]d", scatter(i), i%7) }, leak.Spec{}, finding.Warn, []string{"c", "d"}},
		{"the same values in another order", "duplicate-columns", "a,b", func(i int) string { return fmt.Sprintf("%d,%d", i*7%20, i*11%20) }, leak.Spec{}, finding.Pass, nil},
		{"a copy of the label", "duplicate-columns", "y,a,x", func(i int) string { return fmt.Sprintf("%d,%[1]d,%v", i%3, scatter(i)) }, leak.Spec{Label: "y"}, finding.Fail, []string{"a"}},
	} {
		t.Run(c.rule+": "+c.name, func(t *testing.T) {
			text := csv(c.header, 40, c.row)
			check := only(t, look(t, tables{train: text, test: text}, c.spec), c.rule)
			require.Equal(t, c.outcome.String(), check.Outcome.String(), check.Message)
			require.Equal(t, c.columns, check.Columns)
		})
	}
}

// A table that was numbered and then split has the numbers of neither half in a row, and of both together.
func TestAnIndexIsFoundAcrossASplit(t *testing.T) {
	half := func(rest int) string {
		return csv("n,x", 30, func(i int) string { return fmt.Sprintf("%d,%v", 2*i+rest, scatter(i)) })
	}
	result := look(t, tables{train: half(0), test: half(1)}, leak.Spec{})
	require.Equal(t, []string{"n"}, only(t, result, "index-columns").Columns)
	require.Equal(t, int64(30), only(t, result, "shared-rows").Count, "the number of a row does not make it another")
}

func TestAnEmptyTableBlocks(t *testing.T) {
	for _, in := range []tables{{train: people, test: "id,age,city,class\n"}, {train: "id,age,city,class\n", test: people}} {
		f := look(t, in, leak.Spec{Label: "class"}).Findings()
		require.Len(t, f, 1)
		require.True(t, f[0].Blocks())
	}
}

func TestOneRowIsNoColumn(t *testing.T) {
	result := look(t, tables{train: "x,y\n1,1\n", test: "x,y\n2,3\n"}, leak.Spec{})
	require.Equal(t, finding.TooFewRows, only(t, result, "constant-columns").Cause)
	require.Equal(t, finding.TooFewRows, only(t, result, "duplicate-columns").Cause)
}

// What was not looked at is said: rules without a subject, rules and columns that the config leaves out.
func TestWhatIsLeftOutIsSaid(t *testing.T) {
	result := look(t, tables{train: people, test: people, key: []string{"id"}}, leak.Spec{Exclude: []string{"city"}, Skip: []string{"shared-rows"}})
	var what []string
	for _, omission := range result.Omitted {
		what = append(what, omission.What)
	}
	require.Equal(t, []string{"shared-rows", "shared-groups", "label-conflicts", "near-duplicates", "time-order", "strong-features", "id-order", "column id", "column city"}, what)
	note, ok := result.Blocks()[1].(finding.Note)
	require.True(t, ok)
	require.Contains(t, note.Text, "shared-rows (skipped by the config)")
	require.Contains(t, note.Text, "column city (excluded by the config)")
}

// A result file holds all that findings and blocks derive from.
func TestAResultSurvivesItsFile(t *testing.T) {
	text := csv("x,y", 60, func(i int) string { return fmt.Sprintf("%v,%d", scatter(i), i%2) })
	result := look(t, tables{train: text, test: text}, leak.Spec{Label: "y"})
	data, err := json.Marshal(result)
	require.NoError(t, err)
	read, err := finding.DecodeAs[leak.Result](data)
	require.NoError(t, err)
	require.Equal(t, result, read)
	require.Equal(t, result.Blocks(), read.Blocks())
}
