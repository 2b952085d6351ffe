package compare

import (
	"fmt"
	"math"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/stat"
)

// byTrainings resamples rows, or what they belong to, and the trainings of each model.
func (c comparison) byTrainings(v view, m metric, r *Measure) error {
	if r.Units < minUnits {
		return tooFew(r.Units)
	}
	t, values, err := c.resampleTrainings(v, m)
	if err != nil {
		return err
	}
	r.Champion, r.Challenger = values[0], values[1]
	r.Gain = t.Mean
	r.Method = fmt.Sprintf("hierarchical bootstrap of %s and of %d trainings against %d, %d replicates, Student's t with %.3g degrees of freedom",
		v.what(), len(v.challengers), len(v.champions), c.resampling(v).Replicates, t.Freedom)
	r.Note = ofTrainings(v, t)
	r.Remedy = "rows and trainings vary: four times as many of both halve the interval, and more rows alone cannot"
	r.narrow(c.marginsOf(m.name), m.isLoss)
	r.take(t.Ends, c.z)
	if t.Deviation == 0 && m.isShare() {
		r.allowForUnseen(c.level)
	}
	return nil
}

// ofTrainings says what the interval does not hold, and what was not as usual.
func ofTrainings(v view, t stat.Trainings) string {
	note := ""
	if len(v.champions) == 1 {
		note = "the champion is one training, so the challenger's recipe is compared with that very model: what another seed would have made of it is not in the interval"
	}
	if t.IsPoisson {
		note = joined(note, "each was drawn a Poisson number of times")
	}
	if t.Undefined > 0 {
		note = joined(note, fmt.Sprintf("%d replicates had no value and are left out", t.Undefined))
	}
	return note
}

// resampleTrainings also gives the mean value of each model's trainings.
func (c comparison) resampleTrainings(v view, m metric) (t stat.Trainings, means [2]float64, err error) {
	var estimates [2][]stat.Estimate
	for side, all := range [][]answers{v.champions, v.challengers} {
		for _, a := range all {
			score, err := m.build(v, a, m.parameter)
			if err != nil {
				return t, means, err
			}
			means[side] += score(v.weights()) / float64(len(all))
			estimates[side] = append(estimates[side], v.ofUnits(func(rows []float64) float64 { return m.gain(0, score(rows)) }))
		}
	}
	t, err = stat.BootstrapTrainings(v.unitCount(), estimates[0], estimates[1], c.resampling(v))
	return t, means, err
}

// bySplits compares models that were trained anew on each of several random splits.
func (c comparison) bySplits(v view, m metric, r *Measure) error {
	var gains []float64
	rows := make([][]int32, v.splits)
	for row, split := range v.split {
		rows[split] = append(rows[split], int32(row))
	}
	for _, of := range rows {
		part := v.only(of)
		part.split = nil
		champion, err := m.build(part, part.champion, m.parameter)
		if err != nil {
			return err
		}
		challenger, err := m.build(part, part.challenger, m.parameter)
		if err != nil {
			return err
		}
		first, second := champion(part.weights()), challenger(part.weights())
		r.Champion, r.Challenger = r.Champion+first/float64(v.splits), r.Challenger+second/float64(v.splits)
		gain := m.gain(first, second)
		if math.IsNaN(gain) || math.IsInf(gain, 0) {
			return undefined{finding.Undefined, fmt.Sprintf("%s has no value on the rows of some split", m.name)}
		}
		gains = append(gains, gain)
	}
	t, err := stat.CorrectedResampledT(gains, c.Splits.Train.Value, c.Splits.Test.Value)
	if err != nil {
		return err
	}
	r.Gain, r.Units = t.Mean, int64(v.splits)
	r.Remedy = "larger test parts make the interval shorter; more splits do little beyond some ten, since their rows overlap"
	r.Method = fmt.Sprintf("corrected resampled t-test of Nadeau and Bengio over %d splits", v.splits)
	r.narrow(c.marginsOf(m.name), m.isLoss)
	r.take(t.Ends, c.z)
	return nil
}
