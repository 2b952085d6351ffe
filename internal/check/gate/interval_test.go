package gate_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/gate"
	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// hedged is one gate with a confidence, held against a value.
func hedged(t *testing.T, spec gate.Spec, rows int64, value float64, spread *gate.Spread) gate.Result {
	t.Helper()
	spec.Metric, spec.Terms = "m", gate.Terms{Rows: rows, Confidence: num(t, "0.95")}
	in := gate.Input{Head: metric.Set{Values: map[string]metric.Value{"m": metric.Value(value)}}, Describe: metric.Spec{}.Describe}
	if spread != nil {
		in.Spread = map[string]gate.Spread{"m": *spread}
	}
	return gate.Check([]gate.Spec{spec}, in)
}

// Wilson's 95 % intervals, by statsmodels 0.15.0: proportion_confint(880, 1000, method="wilson") is [0.8584, 0.8987],
// (860, 1000) [0.8371, 0.8801], (820, 1000) [0.7949, 0.8426].
func TestAGateOnAnInterval(t *testing.T) {
	atLeast := gate.Spec{AtLeast: num(t, "0.85")}
	between := gate.Spec{Between: []source.Number{*num(t, "0.85"), *num(t, "0.9")}}
	for name, c := range map[string]struct {
		spec   gate.Spec
		rows   int64
		value  float64
		spread *gate.Spread
		want   finding.Outcome
		cause  finding.Cause
	}{
		"the lower bound keeps the limit":     {atLeast, 1000, 0.88, nil, finding.Pass, ""},
		"the value alone keeps it":            {atLeast, 1000, 0.86, nil, finding.NotRun, finding.TooFewRows},
		"the upper bound breaks it":           {atLeast, 1000, 0.82, nil, finding.Fail, ""},
		"more rows tell":                      {atLeast, 10_000, 0.86, nil, finding.Pass, ""},
		"an upper limit":                      {gate.Spec{AtMost: num(t, "0.85")}, 1000, 0.88, nil, finding.Fail, ""},
		"only a warning":                      {gate.Spec{AtLeast: num(t, "0.85"), Severity: "warn"}, 1000, 0.82, nil, finding.Warn, ""},
		"within both ends":                    {between, 1000, 0.88, nil, finding.Pass, ""},
		"wider than both ends":                {between, 100, 0.88, nil, finding.NotRun, finding.TooFewRows},
		"all rows right":                      {gate.Spec{AtLeast: num(t, "0.99")}, 20, 1, nil, finding.NotRun, finding.TooFewRows},
		"no share":                            {atLeast, 1000, 1.2, nil, finding.NotRun, finding.Missing},
		"no rows":                             {atLeast, 0, 0.88, nil, finding.NotRun, finding.Missing},
		"NaN":                                 {atLeast, 1000, math.NaN(), nil, finding.NotRun, finding.NotFinite},
		"more items than rows":                {atLeast, 1000, 0.86, &gate.Spread{Rows: 10_000, Units: 10_000, IsShare: true}, finding.NotRun, finding.TooFewRows},
		"fewer items than rows":               {atLeast, 10_000, 0.86, &gate.Spread{Rows: 1000, Units: 1000, IsShare: true}, finding.NotRun, finding.TooFewRows},
		"a standard error":                    {atLeast, 0, 0.88, &gate.Spread{Rows: 500, Units: 500, Error: 0.01}, finding.Pass, ""},
		"a larger one":                        {atLeast, 0, 0.88, &gate.Spread{Rows: 500, Units: 500, Error: 0.02}, finding.NotRun, finding.TooFewRows},
		"an error of nothing is not believed": {atLeast, 0, 0.88, &gate.Spread{Rows: 500, Units: 500}, finding.NotRun, finding.Missing},
	} {
		t.Run(name, func(t *testing.T) {
			result := hedged(t, c.spec, c.rows, c.value, c.spread)
			limit := result.Metrics[0].Limits[0]
			require.Equal(t, c.want, limit.Outcome)
			require.Equal(t, c.cause, limit.Cause)
			f := result.Findings()[0]
			require.Equal(t, c.cause == finding.TooFewRows, f.Excused, "what no evidence can tell blocks")
			result.RequirePower = true
			require.False(t, result.Findings()[0].Excused)
			data, err := json.Marshal(result)
			require.NoError(t, err)
			back, err := finding.DecodeAs[gate.Result](data)
			require.NoError(t, err)
			require.Equal(t, result.Findings(), back.Findings())
		})
	}
}

func TestIntervalsAreSaid(t *testing.T) {
	spec := gate.Spec{AtLeast: num(t, "0.85")}
	require.Equal(t, "m is 0.88, at least 0.85: 95 % interval 0.8584 to 0.8987 (1000 rows, the declared number)", hedged(t, spec, 1000, 0.88, nil).Findings()[0].Message)
	open := hedged(t, spec, 1000, 0.86, nil).Findings()[0]
	require.Equal(t, "m is 0.86, 95 % interval 0.8371 to 0.8801 (1000 rows, the declared number): whether it is ≥ 0.85 with 95 % cannot be told", open.Message)
	require.Equal(t, "about 4627 rows would tell a value this far from the limit", open.Hint)
	require.Equal(t, "no number of rows tells a value at the limit itself from the limit", hedged(t, spec, 1000, 0.85, nil).Findings()[0].Hint)
	require.Contains(t, hedged(t, spec, 0, 0.88, nil).Findings()[0].Message, "no per-item results and no number of rows")
}

// A percentage is a share that is a hundred times as large.
func TestAShareInPercent(t *testing.T) {
	spec := gate.Spec{Metric: "m_percent", AtLeast: num(t, "85"), Terms: gate.Terms{Rows: 1000, Confidence: num(t, "0.95")}}
	result := check(spec, map[string]metric.Value{"m_percent": 88}, nil)
	require.Equal(t, finding.Pass, result.Metrics[0].Limits[0].Outcome)
	require.InDelta(t, 85.84, result.Metrics[0].Limits[0].Interval.Low, 0.01)
}

// A result file may be a stranger's.
func TestAnImpossibleSpreadIsNone(t *testing.T) {
	for name, spread := range map[string]gate.Spread{
		"no rows":              {},
		"more units than rows": {Rows: 5, Units: 6},
		"a negative error":     {Rows: 5, Units: 5, Error: -1},
		"an endless one":       {Rows: 5, Units: 5, Error: math.Inf(1)},
		"NaN":                  {Rows: 5, Units: 5, Paired: math.NaN()},
		"more than all rows":   {Rows: 5, Units: 5, Discordance: 1.5},
		"a repeat beyond all":  {Rows: 5, Units: 5, Repeats: []float64{1e300}},
	} {
		require.Nil(t, hedged(t, gate.Spec{AtLeast: num(t, "0.85")}, 0, 0.88, &spread).Metrics[0].Spread, name)
	}
}
