package evidently

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mathext/prng"

	"github.com/assay-ml/assay/internal/data/table"
)

// Each line is what pandas 3.0.6 answers: read_csv(…).dtype of a column of these texts, with nulls nulls beside them.
func TestTyping(t *testing.T) {
	for _, c := range []struct {
		texts []string
		nulls int64
		want  dtype
	}{
		{[]string{"1", "-2", "+5"}, 0, int64s},
		{[]string{" 1", "2 "}, 0, int64s},
		{[]string{"1"}, 1, float64s},
		{nil, 2, float64s},
		{[]string{"1.5", "inf", "-Infinity", "+INF"}, 0, float64s},
		{[]string{".5", "5.", "1e5", "1E-3", "1.e5", "1e400"}, 0, float64s},
		{[]string{"-inf ", "2"}, 0, texts},
		{[]string{"1.5", "nan"}, 0, texts},
		{[]string{"0x10"}, 0, texts},
		{[]string{"1_000"}, 0, texts},
		{[]string{"1e"}, 0, texts},
		{[]string{"--1"}, 0, texts},
		{[]string{"- 1"}, 0, texts},
		{[]string{"1 2"}, 0, texts},
		{[]string{"９"}, 0, texts},
		{[]string{" ", "1"}, 0, texts},
		{[]string{"True", "false", "TRUE", "tRue"}, 0, bools},
		{[]string{"True", "false"}, 1, nullBools},
		{[]string{" True"}, 0, texts},
		{[]string{"True", "1"}, 0, texts},
		{[]string{"9223372036854775807", "-9223372036854775808"}, 0, int64s},
		{[]string{"18446744073709551615", "1"}, 0, uint64s},
		{[]string{"18446744073709551615", "-1"}, 0, texts},
		{[]string{"18446744073709551615"}, 1, texts},
		{[]string{"9223372036854775808", "1.5"}, 0, float64s},
		{[]string{"99999999999999999999", "1"}, 0, objects},
		{[]string{"99999999999999999999", "1.5"}, 0, texts},
		{[]string{"1.5", "99999999999999999999"}, 0, float64s},
	} {
		found := typing{nulls: c.nulls}
		for _, text := range c.texts {
			found.add(text)
		}
		require.Equal(t, c.want, found.dtype(), "%q and %d nulls", c.texts, c.nulls)
	}
}

func TestNumbersAsReadCSVHasThem(t *testing.T) {
	for text, want := range map[string]float64{" 1.5": 1.5, "+5": 5, "00012": 12, "-0": 0, "1e400": math.Inf(1), "-Infinity": math.Inf(-1), "1e-400": 0} {
		got, ok := parseNumber(text)
		require.True(t, ok, text)
		require.Equal(t, want, got+0, text)
	}
}

// What pandas 3.0.6 makes of typed columns: read_parquet(…).dtype.
func TestStoredTypes(t *testing.T) {
	for _, c := range []struct {
		sql   string
		kind  table.Kind
		nulls int64
		want  dtype
	}{
		{"BIGINT", table.Integer, 0, int64s}, {"BIGINT", table.Integer, 1, float64s}, {"TINYINT", table.Integer, 0, int64s},
		{"UINTEGER", table.Integer, 0, uint64s}, {"UBIGINT", table.Integer, 1, float64s}, {"HUGEINT", table.Integer, 0, objects},
		{"DOUBLE", table.Float, 1, float64s}, {"BOOLEAN", table.Boolean, 0, bools}, {"BOOLEAN", table.Boolean, 1, nullBools},
		{"VARCHAR", table.String, 1, texts}, {"DATE", table.Date, 0, objects}, {"TIMESTAMP", table.Timestamp, 0, datetimes},
		{"DECIMAL(9,2)", table.Decimal, 0, objects}, {"INTEGER[]", table.Nested, 0, objects},
	} {
		require.Equal(t, c.want, stored(table.Column{Kind: c.kind, SQLType: c.sql}, c.nulls), c.sql)
	}
}

func TestShuffleIsNumpys(t *testing.T) {
	source := prng.NewMT19937()
	source.Seed(0)
	places := make([]int32, 10)
	shuffleRange(places, source)
	require.Equal(t, []int32{2, 8, 4, 9, 1, 6, 7, 3, 0, 5}, places) // numpy 2.4.6: RandomState(0).permutation(10)
}

// Sums of many small parts show the order of adding: numpy 2.4.6, sum(1/arange(1, n+1)).
func TestSumIsNumpys(t *testing.T) {
	for n, want := range map[int]float64{3: 1.8333333333333333, 9: 2.8289682539682537, 100: 5.187377517639621, 1000: 7.485470860550345, 5000: 9.094508852984436} {
		values := make([]float64, n)
		for i := range values {
			values[i] = 1 / float64(i+1)
		}
		require.Equal(t, want, numpySum(values), fmt.Sprint(n))
	}
}
