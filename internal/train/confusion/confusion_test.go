package confusion_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/train/confusion"
)

func count(t *testing.T, csv string, sensitive ...string) confusion.Result {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "p.csv"), []byte(csv), 0o644))
	engine, err := table.NewEngine(t.Context(), table.Options{})
	require.NoError(t, err)
	defer engine.Close()
	opened, err := engine.Open(t.Context(), "p", dir, table.Spec{Path: "p.csv", Sensitive: sensitive}, false)
	require.NoError(t, err)
	r, err := confusion.Count(t.Context(), opened, confusion.Spec{Path: "p.csv", Label: "y", Prediction: "p"})
	require.NoError(t, err)
	return r
}

// Five of eight cats were found, and of seven that were called cats five are: recall 5/8, precision 5/7, F1 2·5/(8 + 7).
func TestClassesAreCounted(t *testing.T) {
	r := count(t, "y,p\n"+strings.Repeat("cat,cat\n", 5)+strings.Repeat("cat,dog\n", 3)+"dog,cat\ndog,dog\n,cat\ncat,\nbird,cat\n")
	require.Equal(t, confusion.Result{Path: "p.csv", Rows: 13, Unjudged: 2, Classes: []string{"cat", "dog", "bird"}, Counts: [][]int64{{5, 3, 0}, {1, 1, 0}, {1, 0, 0}}}, r)
	blocks := r.Blocks()
	require.Equal(t, []finding.Cell{finding.Name("cat"), finding.Count(8), finding.Count(7), finding.Number{Value: 5. / 7}, finding.Number{Value: 5. / 8}, finding.Number{Value: 10. / 15}},
		blocks[0].(finding.Table).Rows[0].Cells)
	require.Equal(t, finding.Absent{}, blocks[0].(finding.Table).Rows[2].Cells[3], "nothing was called a bird")
	require.Equal(t, []string{"label", "cat", "dog", "bird"}, blocks[1].(finding.Table).Header)
	require.Contains(t, blocks[2].(finding.Note).Text, "2 rows")
	require.Equal(t, finding.Pass, r.Findings()[0].Outcome)
}

func TestNumbersOfTwoTypesAreOneClass(t *testing.T) {
	require.Equal(t, [][]int64{{2, 0}, {0, 1}}, count(t, "y,p\n1,1.0\n1,1.0\n0,0.0\n").Counts)
}

func TestWhatHasNoClassesSaysWhy(t *testing.T) {
	var many strings.Builder
	many.WriteString("y,p\n")
	for i := range 60 {
		fmt.Fprintf(&many, "%d,%d.5\n", i, i)
	}
	for why, r := range map[string]confusion.Result{
		"no column p":            count(t, "y,q\n1,2\n"),
		"more than 50 classes":   count(t, many.String()),
		"no row with a label":    count(t, "y,p\n1,\n2,\n"),
		"calls its classes sens": count(t, "y,p\na,b\n", "y"),
	} {
		require.Contains(t, r.Why, why)
		require.Empty(t, r.Classes)
		require.Equal(t, finding.Warn, r.Findings()[0].Outcome)
		require.Equal(t, finding.Line{Outcome: finding.Warn, Text: r.Findings()[0].Message}, r.Blocks()[0])
	}
}

func TestManyClassesHaveNoMatrix(t *testing.T) {
	var csv strings.Builder
	csv.WriteString("y,p\n")
	for i := range 20 {
		fmt.Fprintf(&csv, "c%d,c%d\n", i, i)
	}
	blocks := count(t, csv.String()).Blocks()
	require.Len(t, blocks, 2)
	require.Len(t, blocks[0].(finding.Table).Rows, 20)
}
