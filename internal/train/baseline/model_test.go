package baseline_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/train/baseline"
)

// Whoever reads the file can compute what the trainer did: the error on the test rows, worked out by hand from the file, is the trainer's own.
func TestTheModelThatIsKeptIsTheOneThatWasJudged(t *testing.T) {
	const trainCSV = "a,b,c,y\n1,x,7,1\n2,y,7,3\n3,x,7,2\n,y,7,5\n5,x,7,4.5\n6,y,7,7\n"
	const testCSV = "a,b,c,y\n2.5,x,7,2\n,y,7,4\n4,z,7,6\n"
	result := train(t, trainCSV, testCSV, baseline.Spec{Target: "y"})
	data, err := result.Model()
	require.NoError(t, err)
	var file baseline.File
	require.NoError(t, json.Unmarshal(data, &file))
	require.Equal(t, "regression", file.Task)
	require.Len(t, file.Features, 2, "the constant column says nothing")
	score := func(a float64, b string) float64 {
		number, category := file.Features[0], file.Features[1]
		part := number.Missing
		if !math.IsNaN(a) {
			part = number.Weight * (a - number.Mean) / number.Scale
		}
		return file.Intercept + part + category.Categories[b]
	}
	mean := (math.Abs(score(2.5, "x")-2) + math.Abs(score(math.NaN(), "y")-4) + math.Abs(score(4, "z")-6)) / 3
	require.InDelta(t, float64(result.Metrics["mae"]), mean, 1e-12)

	again, err := train(t, trainCSV, testCSV, baseline.Spec{Target: "y"}).Model()
	require.NoError(t, err)
	require.Equal(t, string(data), string(again), "the same data makes the same bytes")
	failed := train(t, "y\n1\n2\n", "y\n1\n2\n", baseline.Spec{Target: "y"})
	none, err := failed.Model()
	require.NoError(t, err)
	require.Nil(t, none)
}
