package compare

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/assay-ml/assay/internal/data/prediction"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// Result is the answer of one comparison.
type Result struct {
	Champion   string             `json:"champion"`
	Challenger string             `json:"challenger"`
	Need       Need               `json:"need"`
	Rows       int64              `json:"rows"`
	Faults     []prediction.Fault `json:"faults,omitempty"` // where there are some, nothing was compared
	Primary    *Measure           `json:"primary,omitempty"`
	Critical   []Measure          `json:"critical,omitempty"`
	Advisory   []Measure          `json:"advisory,omitempty"`
	Slices     []Slice            `json:"slices,omitempty"`
	Fairness   []Disparity        `json:"fairness,omitempty"`
	Flips      *Flips             `json:"flips,omitempty"`    // of classes
	TestSet    string             `json:"test-set,omitempty"` // digest of the rows
	Looks      *Looks             `json:"looks,omitempty"`    // at this test set; nil where nobody asked
	Level      float64            `json:"level,omitempty"`    // of each end of the intervals, where looks tightened it; 0: 0.025
	Pos        source.Pos         `json:"position,omitzero"`
	Places     []source.Pos       `json:"places,omitempty"` // of the critical metrics
}

// Compare compares the predictions of two tables. All flips are written to the file flips, as CSV or Parquet by its name;
// "" for none.
func Compare(ctx context.Context, champion, challenger *table.Table, spec Spec, past Past, flips string) (Result, error) {
	result := Result{Champion: spec.Champion, Challenger: spec.Challenger, Need: spec.need(), Pos: spec.Pos}
	for _, guard := range spec.Critical {
		result.Places = append(result.Places, guard.Pos)
	}
	j, err := prediction.Join(ctx, champion, challenger, spec.columns())
	if err != nil {
		return result, err
	}
	result.Rows, result.Faults = int64(j.Rows()), append(j.Faults, spec.miscounted(j)...)
	if len(result.Faults) > 0 {
		return result, nil
	}
	result.TestSet = j.TestSet()
	result.look(past, spec.Looks)
	v := spec.view(j)
	result.measure(spec.at(result.level()), j, v)
	result.decide()
	if v.champion.predicted == nil || v.label == nil {
		return result, ctx.Err()
	}
	changed := newFlips(j, v, spec.hidesClasses(champion, challenger))
	result.Flips = &changed.Flips
	if flips != "" {
		err = changed.write(ctx, champion.Engine(), flips)
	}
	return result, err
}

// view is all rows as metrics see them.
func (s Spec) view(j *prediction.Joined) view {
	v := newView(j, s.Positive)
	if s.Splits != nil {
		v = v.bySplit(j.Repeats)
	}
	return v
}

// miscounted reports trainings that are not as many as the spec says.
func (s Spec) miscounted(j *prediction.Joined) []prediction.Fault {
	if s.Repeats == nil || len(j.Faults) > 0 {
		return nil
	}
	var faults []prediction.Fault
	if n := len(j.Challengers); n != *s.Repeats {
		faults = append(faults, prediction.Fault{Rule: wrongRepeats, Side: "challenger", Count: int64(n)})
	}
	if n := len(j.Champions); n != *s.Repeats && n != 1 {
		faults = append(faults, prediction.Fault{Rule: wrongRepeats, Side: "champion", Count: int64(n)})
	}
	return faults
}

// look counts the looks at the test set, and tightens the level where the policy says so.
func (r *Result) look(past Past, policy string) {
	if policy == looksIgnore {
		return
	}
	looks := past.looks(r.TestSet)
	r.Looks = &looks
	if level := looks.level(); policy == looksTighten && level < oneSided {
		r.Level = math.Max(level, leastLevel)
	}
}

// Recounted is a result whose looks are counted anew. An error says that its intervals are shorter than the policy lets them be.
func (r Result) Recounted(past Past, policy string) (Result, error) {
	claimed := r.level()
	r.Looks, r.Level = nil, 0
	if r.Primary == nil {
		return r, nil
	}
	r.look(past, policy)
	if claimed > r.level()*(1+1e-9) {
		return r, fmt.Errorf("looks at the test set tighten the level to %.2g, and the intervals were made at %.2g: run it again", r.level(), claimed)
	}
	if r.Level = 0; claimed < oneSided {
		r.Level = claimed
	}
	r.decide()
	return r, nil
}

// leastLevel keeps a level above 0, and its quantile finite.
const leastLevel = 1e-300

// level is that of each end of the intervals. A stored one cannot be laxer than the usual one.
func (r *Result) level() float64 {
	if 0 < r.Level && r.Level < oneSided {
		return r.Level
	}
	return oneSided
}

// measure compares all that the spec names.
func (r *Result) measure(c comparison, j *prediction.Joined, v view) {
	primary := c.measure(v, mustParse(c.Primary()), valueOr(c.Margin))
	r.Primary = &primary
	for _, guard := range c.Critical {
		r.Critical = append(r.Critical, c.measure(v, mustParse(guard.Metric), valueOr(guard.Margin)))
	}
	for _, name := range c.Advisory {
		r.Advisory = append(r.Advisory, c.measure(v, mustParse(name), 0))
	}
	r.Slices = c.slices(j, v)
	r.Fairness = c.fairness(j, v)
}

// decide takes all verdicts from the numbers: critical metrics are one family, and slices are.
func (r *Result) decide() {
	if r.Primary != nil {
		r.Primary.decide()
	}
	decideTogether(r.Critical, r.level())
	for i := range r.Advisory {
		r.Advisory[i].decide()
	}
	ofSlices := make([]Measure, len(r.Slices))
	for i, slice := range r.Slices {
		ofSlices[i] = slice.Measure
	}
	decideTogether(ofSlices, r.level())
	for i := range r.Slices {
		r.Slices[i].Measure = ofSlices[i]
	}
	for i := range r.Fairness {
		r.Fairness[i].decide()
	}
}

// UnmarshalJSON reads a stored result. Its verdicts are taken from its numbers again, and not from the file.
func (r *Result) UnmarshalJSON(data []byte) error {
	type plain Result
	if err := json.Unmarshal(data, (*plain)(r)); err != nil {
		return err
	}
	r.decide()
	return nil
}

// hidesClasses reports whether the classes of a row may not be shown.
func (s Spec) hidesClasses(champion, challenger *table.Table) bool {
	names := []string{orElse(s.Label, "label"), orElse(s.Prediction, "prediction")}
	return champion.IsSensitive(names...) || challenger.IsSensitive(names...)
}

// Slice is the primary metric on the rows of one value of a column.
type Slice struct {
	Column string `json:"column"`
	Level  string `json:"level"`
	Measure
}

// maxSlices bounds the values of a column that are compared: a column of more is no column of slices.
const maxSlices = 50

// slices compares the rows of each value of each column.
func (c comparison) slices(j *prediction.Joined, v view) []Slice {
	var all []Slice
	m := mustParse(c.Primary())
	for _, levels := range j.Slices {
		if !slices.Contains(c.Slices, levels.Column) {
			continue
		}
		if len(levels.Names) > maxSlices {
			none := Measure{Metric: m.name, Rows: int64(v.rows())}
			none.undecide(finding.Undefined, fmt.Sprintf("%d values are more than the %d that are compared", len(levels.Names), maxSlices))
			all = append(all, Slice{Column: levels.Column, Level: "all", Measure: none})
			continue
		}
		for code, rows := range rowsOf(levels) {
			all = append(all, Slice{levels.Column, levels.Shown(code), c.slice(v.only(rows), m)})
		}
	}
	return all
}

// slice compares a part of the rows, if they are enough.
func (c comparison) slice(v view, m metric) Measure {
	if least := intOr(c.MinSlice, defaultMinSlice); v.rows() < least {
		r := Measure{Metric: m.name, Rows: int64(v.rows()), Margin: valueOr(c.Margin)}
		r.undecide(finding.TooFewRows, fmt.Sprintf("%d rows are fewer than %d", v.rows(), least))
		return r
	}
	return c.measure(v, m, valueOr(c.Margin))
}

// rowsOf are the rows of each level.
func rowsOf(levels prediction.Levels) [][]int32 {
	rows := make([][]int32, len(levels.Names))
	for row, code := range levels.Codes {
		rows[code] = append(rows[code], int32(row))
	}
	return rows
}
