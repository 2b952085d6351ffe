//go:build peers

package evidently_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/drift/evidently"
	"github.com/assay-ml/assay/internal/data/table"
)

// said is what the real Evidently says, as testdata/peers/evidently/cases.py writes it.
type said struct {
	Presets   []preset
	Stattests []score
}

type preset struct {
	Name    string
	Nulls   evidently.Nulls
	Error   string // what stops the whole report
	Counted *struct{ Count, Share float64 }
	Columns []struct {
		Type string
		Name string
		score
	}
}

// score is an answer for one column. Without a threshold there is none, and Error says why; without a score it is NaN.
type score struct {
	Table, Column, Method string
	Score, Threshold      *float64
	Drifted               bool
	Error                 string
}

// ask runs the real Evidently, once.
func ask(t *testing.T, folder string) said {
	t.Helper()
	python := os.Getenv("ASSAY_EVIDENTLY_PYTHON")
	require.NotEmpty(t, python, "set ASSAY_EVIDENTLY_PYTHON to an interpreter that has testdata/peers/evidently/requirements.txt")
	command := exec.CommandContext(t.Context(), python, root+"testdata/peers/evidently/cases.py", folder, root+"testdata/german_credit.csv")
	command.Env = append(os.Environ(), "PYTHONHASHSEED=0") // Evidently sums over sets
	output, err := command.CombinedOutput()
	require.NoError(t, err, string(output))
	data, err := os.ReadFile(filepath.Join(folder, "results.json"))
	require.NoError(t, err)
	var answers said
	require.NoError(t, json.Unmarshal(data, &answers))
	require.NotEmpty(t, answers.Presets)
	require.NotEmpty(t, answers.Stattests)
	return answers
}

const root = "../../../../"

// parity counts answers by what became of them.
type parity struct {
	same          int
	bothWithout   int // an answer: Evidently stops or leaves the column out
	notReproduced int // text
	told          int // Evidently says no drift of NaN
	rounded       int // Evidently's own rounding, see roundsByItself
	more          int // Evidently's Cramér-von Mises stops by a fault of its own on most pairs of up to 20 rows
	different     int
}

func (p parity) String() string {
	return fmt.Sprintf("%d the same, %d without an answer by both, %d of text not reproduced, %d where Evidently says no drift of NaN, "+
		"%d within Evidently's own rounding, %d where only Assay has an answer; %d differ",
		p.same, p.bothWithout, p.notReproduced, p.told, p.rounded, p.more, p.different)
}

func TestParityWithEvidently(t *testing.T) {
	folder := t.TempDir()
	answers := ask(t, folder)
	pairs := openPairs(t, folder)
	t.Run("preset", func(t *testing.T) { comparePresets(t, pairs, answers.Presets) })
	t.Run("stattests", func(t *testing.T) { compareStattests(t, pairs, answers.Stattests) })
}

// openPairs opens every pair of tables of a folder.
func openPairs(t *testing.T, folder string) map[string][2]*table.Table {
	t.Helper()
	engine, err := table.NewEngine(t.Context(), table.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	pairs := map[string][2]*table.Table{}
	files, err := filepath.Glob(filepath.Join(folder, "*.reference.csv"))
	require.NoError(t, err)
	header := true
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".reference.csv")
		var pair [2]*table.Table
		for i, side := range []string{".reference", ".current"} {
			pair[i], err = engine.Open(t.Context(), name+side, folder, table.Spec{Path: name + side + ".csv", Header: &header}, false)
			require.NoError(t, err)
		}
		pairs[name] = pair
	}
	return pairs
}

func compareTables(t *testing.T, pair [2]*table.Table, spec evidently.Spec) evidently.Result {
	t.Helper()
	var names []string
	for _, column := range pair[1].Columns() {
		names = append(names, column.Name)
	}
	result, err := evidently.Compare(t.Context(), pair[0], pair[1], names, spec)
	require.NoError(t, err)
	return result
}

func comparePresets(t *testing.T, pairs map[string][2]*table.Table, presets []preset) {
	var sum parity
	for _, p := range presets {
		result := compareTables(t, pairs[p.Name], evidently.Spec{Nulls: p.Nulls})
		require.Len(t, result.Columns, len(p.Columns), p.Name)
		for i, want := range p.Columns {
			got := result.Columns[i]
			where := p.Name + ", nulls " + string(p.Nulls) + ", column " + want.Name
			if want.Name != got.Name || want.Type != string(got.Type) || (want.Method != "" && want.Method != got.Title) {
				sum.different++
				t.Errorf("%s: Evidently has %s, %s, %s, Assay %s, %s, %s", where, want.Name, want.Type, want.Method, got.Name, got.Type, got.Title)
				continue
			}
			sum.add(t, where, want.score, got)
		}
		compareCount(t, p, result)
	}
	t.Logf("columns of %d presets: %v", len(presets), sum)
}

// compareCount compares the number of drifted columns, where Evidently's is that of its own columns.
func compareCount(t *testing.T, p preset, result evidently.Result) {
	t.Helper()
	if p.Counted == nil {
		return
	}
	var theirs, ours float64
	for i, column := range p.Columns {
		if column.Drifted {
			theirs++
		}
		if result.Columns[i].Drifted {
			ours++
		}
	}
	if theirs != p.Counted.Count {
		t.Logf("%s: Evidently counts %v drifted columns, and of its columns %v drifted", p.Name, p.Counted.Count, theirs)
		return
	}
	require.Equal(t, p.Counted.Count, ours, p.Name)
}

func compareStattests(t *testing.T, pairs map[string][2]*table.Table, scores []score) {
	var sum parity
	answers := map[[2]string]map[string]evidently.Column{} // of a table and a stattest, by column
	for _, want := range scores {
		key := [2]string{want.Table, want.Method}
		if answers[key] == nil {
			answers[key] = map[string]evidently.Column{}
			spec := evidently.Spec{Choice: evidently.Choice{Stattest: evidently.Stattest(want.Method)}}
			for _, column := range compareTables(t, pairs[want.Table], spec).Columns {
				answers[key][column.Name] = column
			}
		}
		sum.add(t, want.Table+", column "+want.Column+", "+want.Method, want, answers[key][want.Column])
	}
	t.Logf("%d stattests by name: %v", len(scores), sum)
}

// add compares one answer.
func (p *parity) add(t *testing.T, where string, want score, got evidently.Column) {
	t.Helper()
	switch {
	case got.Type == evidently.Text:
		p.notReproduced++
	case want.Threshold == nil && got.Score == nil && (want.Error == "not tested") == (got.There == evidently.Ignores):
		p.bothWithout++
		if !strings.Contains(want.Error, "isn't applicable") {
			t.Logf("%s: Evidently: %s; Assay: %s", where, firstLine(want.Error), got.Reason)
		}
	case want.Threshold != nil && want.Score == nil && got.Score == nil:
		p.told++
		t.Logf("%s: Evidently says no drift of NaN; Assay: %s", where, got.Reason)
	case want.Threshold == nil && want.Method == "cramer_von_mises" && strings.Contains(want.Error, "Cannot cast ufunc"):
		p.more++
	case want.Score == nil || got.Score == nil:
		p.different++
		t.Errorf("%s: Evidently %v (%s), Assay %v (%s, %s)", where, value(want.Score), want.Error, value(got.Score), got.Reason, got.There)
	case roundsByItself(want, got):
		p.rounded++
		t.Logf("%s: Evidently %v, Assay %v", where, *want.Score, *got.Score)
	case !near(*want.Score, *got.Score, want.Method) || want.Drifted != got.Drifted || *want.Threshold != *got.Threshold:
		p.different++
		t.Errorf("%s: Evidently %v against %v, drift %t; Assay %v against %v, drift %t", where, *want.Score, *want.Threshold, want.Drifted,
			*got.Score, *got.Threshold, got.Drifted)
	default:
		p.same++
	}
}

// roundsByItself is what Evidently's own rounding explains, where the verdicts agree: the order of a hash in which TVD adds up decides
// whether equal distances compare as equal, and Cramér-von Mises of up to 20 rows counts in half precision.
func roundsByItself(want score, got evidently.Column) bool {
	limit := map[string]float64{"TVD": 0.1, "cramer_von_mises": 0.001}[want.Method]
	difference := math.Abs(*want.Score - *got.Score)
	return 1e-9 < difference && difference <= limit && want.Drifted == got.Drifted
}

func firstLine(text string) string { line, _, _ := strings.Cut(text, "\n"); return line }

func value(v *float64) any {
	if v == nil {
		return "no score"
	}
	return *v
}

// near is equal to 1e-9, relative to scores above 1. A Hellinger distance is the root of a difference from 1, which is itself known
// to the last digit only.
func near(want, got float64, method string) bool {
	if method == "hellinger" && math.Abs(want*want-got*got) < 1e-15 {
		return true
	}
	return math.Abs(want-got) <= 1e-9*math.Max(1, math.Abs(want))
}
