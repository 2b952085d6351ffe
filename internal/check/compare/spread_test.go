package compare

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/table"
)

// spreads are those of two CSV files.
func spreads(t *testing.T, champion, challenger string, spec Spec, names ...string) map[string]Spread {
	t.Helper()
	engine, err := table.NewEngine(t.Context(), table.Options{Threads: 2})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	dir := t.TempDir()
	tables := map[string]*table.Table{}
	for name, text := range map[string]string{"a": champion, "b": challenger} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".csv"), []byte(text), 0o600))
		tables[name], err = engine.Open(t.Context(), name, dir, table.Spec{Path: name + ".csv"}, false)
		require.NoError(t, err)
	}
	spec.Key = []string{"id"}
	all, err := Spreads(t.Context(), tables["a"], tables["b"], spec, names)
	require.NoError(t, err)
	return all
}

func TestSpreadsByRow(t *testing.T) {
	a, b := files(700, 10, 7)
	all := spreads(t, a, b, Spec{Critical: []Guard{{Metric: "auc"}}, Advisory: []string{"f1", "brier"}}, "accuracy", "auc", "f1", "rmse")
	require.Len(t, all, 3, "what the spec does not compare, and what is not asked for, is left out")

	// 70 rows are multiples of 10, 100 of 7 and 10 of both: 60 + 90 of 700 rows differ.
	share := all["accuracy"]
	require.True(t, share.IsShare)
	require.InDelta(t, 150.0/700, share.Discordance, 1e-12)
	require.InDelta(t, 600.0/700, share.Value, 1e-12)

	// The error of F1 on so many rows, by the delta method, is about √(F(1 − F)/P); the bootstrap's own error is a twentieth.
	require.InDelta(t, math.Sqrt(all["f1"].Value*(1-all["f1"].Value)/350), all["f1"].Error, 0.006)
	require.Positive(t, all["f1"].Paired)

	// Half of a paired DeLong interval of the comparison itself is 1.96 of these errors.
	r := compared(t, a, b, Spec{Metric: "auc"})
	require.InDelta(t, (r.Primary.High-r.Primary.Low)/2/z975, all["auc"].Paired, 1e-9)
	require.InDelta(t, r.Primary.Challenger, all["auc"].Value, 1e-12)
	resampled := spreads(t, a, b, Spec{Metric: "auc", Group: "id"}, "auc")["auc"] // each row a group of its own: by bootstrap
	require.InEpsilon(t, resampled.Error, all["auc"].Error, 0.2)
	require.InEpsilon(t, resampled.Paired, all["auc"].Paired, 0.2)
}

// Groups are what answers independently; repeats are told apart.
func TestSpreadsByGroupAndRepeat(t *testing.T) {
	a, b := files(700, 10, 7)
	grouped := spreads(t, a, b, Spec{Group: "user"}, "accuracy")["accuracy"]
	require.False(t, grouped.IsShare)
	require.Equal(t, int64(70), grouped.Units)
	require.Positive(t, grouped.Error)

	var text strings.Builder
	text.WriteString("id,seed,label,prediction\n")
	for id := range 100 {
		for seed := range 4 {
			fmt.Fprintf(&text, "%d,%d,1,%d\n", id, seed, min(1, (id+seed)%5))
		}
	}
	repeated := spreads(t, text.String(), text.String(), Spec{Repeat: "seed"}, "accuracy")["accuracy"]
	require.Equal(t, []float64{0.8, 0.8, 0.8, 0.8}, repeated.Repeats)
	require.Equal(t, int64(100), repeated.Units)
}

func TestFilesWithFaultsHaveNoSpread(t *testing.T) {
	a, b := files(100, 10, 7)
	require.Empty(t, spreads(t, a, b+"7,1,0.5\n", Spec{}, "accuracy"), "a key stands twice")
	few, fewer := files(10, 3, 4)
	require.Empty(t, spreads(t, few, fewer, Spec{}, "accuracy"), "ten rows tell nothing")
}
