package compare

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/assay-ml/assay/internal/data/prediction"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/stat"
)

// Spread is how sure one metric of the challenger is, by what the files say row by row.
type Spread struct {
	Value   float64
	Rows    int64
	Units   int64 // what answers independently of each other: rows, groups or keys
	IsShare bool  // of rows that are right, each counting once
	Error   float64
	Paired  float64 // standard error of its difference from the champion's
	// Discordance is the share of rows that one model alone is right about; of a share.
	Discordance float64
	Repeats     []float64 // the metric of each repeat
}

// spreadReplicates are enough for a standard error that is sure to a twentieth of itself.
const spreadReplicates = 200

// Spreads measures those of the named metrics that the spec compares. Files with faults have none: the comparison itself tells of
// them. A metric without a value, or of too few rows, is left out.
func Spreads(ctx context.Context, champion, challenger *table.Table, spec Spec, names []string) (map[string]Spread, error) {
	asked := slices.DeleteFunc(spec.Metrics(), func(name string) bool { return !slices.Contains(names, name) })
	if len(asked) == 0 {
		return nil, nil
	}
	spec.Metric, spec.Critical, spec.Advisory, spec.Slices, spec.Fairness = asked[0], nil, asked[1:], nil, nil
	j, err := prediction.Join(ctx, champion, challenger, spec.columns())
	if err != nil || len(j.Faults) > 0 {
		return nil, err
	}
	v, all := newView(j, spec.Positive), map[string]Spread{}
	for _, name := range asked {
		if s, err := spec.spread(v, mustParse(name), j.Repeats); err == nil && ctx.Err() == nil {
			all[name] = s
		}
	}
	return all, ctx.Err()
}

// spread measures one metric; an error says that it has no value.
func (s Spec) spread(v view, m metric, repeats []string) (Spread, error) {
	r := Spread{Rows: int64(v.rows()), Units: int64(v.rows())}
	if v.unit != nil {
		r.Units = int64(v.units)
	}
	champion, err := m.build(v, v.champion, m.parameter)
	if err != nil {
		return r, err
	}
	challenger, err := m.build(v, v.challenger, m.parameter)
	if err != nil {
		return r, err
	}
	if r.Value = v.valueOf(challenger); math.IsNaN(r.Value) || math.IsInf(r.Value, 0) || r.Units < minUnits {
		return r, fmt.Errorf("%s: %w", m.name, stat.ErrUndefined)
	}
	r.Repeats = m.ofRepeats(v, repeats)
	switch {
	case m.name == defaultMetric && v.isSimple():
		r.IsShare, r.Discordance = true, v.discordance()
	case m.name == "auc" && v.isSimple() && v.champion.classes == nil:
		err = r.byDeLong(v)
	default:
		err = r.byBootstrap(v, m, champion, challenger, stat.Resampling{Replicates: spreadReplicates, Seed: uint64(s.Seed)})
	}
	return r, err
}

// valueOf is a metric of all rows.
func (v view) valueOf(score scorer) float64 {
	if v.weight != nil {
		return score(v.weight)
	}
	return score(slices.Repeat([]float64{1}, v.rows()))
}

// discordance is the share of rows that one model alone is right about.
func (v view) discordance() float64 {
	differ := 0
	for i, label := range v.label {
		if (v.champion.predicted[i] == label) != (v.challenger.predicted[i] == label) {
			differ++
		}
	}
	return float64(differ) / float64(v.rows())
}

// byDeLong takes the errors of an AUC from its placements; a score that is the same for all rows has none of its own.
func (r *Spread) byDeLong(v view) error {
	positive := isClass(v.label, v.positive)
	alone, err := stat.DeLong(positive, make([]float64, v.rows()), v.challenger.score)
	if err != nil {
		return err
	}
	both, err := stat.DeLong(positive, v.champion.score, v.challenger.score)
	r.Error, r.Paired = alone.Error, both.Error
	return err
}

// byBootstrap takes the errors from resampled rows, or what rows belong to.
func (r *Spread) byBootstrap(v view, m metric, champion, challenger scorer, how stat.Resampling) error {
	nothing := func([]float64) float64 { return 0 }
	alone, err := m.resampleUnits(v, how, nothing, challenger)
	if err != nil {
		return err
	}
	both, err := m.resampleUnits(v, how, champion, challenger)
	r.Error, r.Paired = alone.Deviation(), both.Deviation()
	return err
}

// ofRepeats is the challenger's metric on the rows of each repeat; nil where there are none, or where one has no value.
func (m metric) ofRepeats(v view, repeats []string) []float64 {
	rows := map[string][]int32{}
	for row, name := range repeats {
		rows[name] = append(rows[name], int32(row))
	}
	var values []float64
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		part := v.only(rows[name])
		score, err := m.build(part, part.challenger, m.parameter)
		if err != nil {
			return nil
		}
		value := part.valueOf(score)
		if math.IsNaN(value) || math.IsInf(value, 0) {
			return nil
		}
		values = append(values, value)
	}
	return values
}
