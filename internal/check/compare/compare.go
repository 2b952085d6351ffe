package compare

import (
	"context"
	"encoding/json"
	"fmt"
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
	Flips      *Flips             `json:"flips,omitempty"` // of classes
	Pos        source.Pos         `json:"position,omitzero"`
	Places     []source.Pos       `json:"places,omitempty"` // of the critical metrics
}

// Compare compares the predictions of two tables. All flips are written to the file flips, as CSV or Parquet by its name;
// "" for none.
func Compare(ctx context.Context, champion, challenger *table.Table, spec Spec, flips string) (Result, error) {
	result := Result{Champion: spec.Champion, Challenger: spec.Challenger, Need: spec.need(), Pos: spec.Pos}
	for _, guard := range spec.Critical {
		result.Places = append(result.Places, guard.Pos)
	}
	j, err := prediction.Join(ctx, champion, challenger, spec.columns())
	if err != nil {
		return result, err
	}
	if result.Rows, result.Faults = int64(j.Rows()), j.Faults; len(j.Faults) > 0 {
		return result, nil
	}
	v := newView(j, spec.Positive)
	primary := spec.measure(v, mustParse(spec.Primary()), valueOr(spec.Margin))
	result.Primary = &primary
	for _, guard := range spec.Critical {
		result.Critical = append(result.Critical, spec.measure(v, mustParse(guard.Metric), guard.Margin.Value))
	}
	for _, name := range spec.Advisory {
		result.Advisory = append(result.Advisory, spec.measure(v, mustParse(name), 0))
	}
	result.Slices = spec.slices(j, v)
	result.Fairness = spec.fairness(j, v)
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

// decide takes all verdicts from the numbers: critical metrics are one family, and slices are.
func (r *Result) decide() {
	if r.Primary != nil {
		r.Primary.decide()
	}
	decideTogether(r.Critical)
	for i := range r.Advisory {
		r.Advisory[i].decide()
	}
	ofSlices := make([]Measure, len(r.Slices))
	for i, slice := range r.Slices {
		ofSlices[i] = slice.Measure
	}
	decideTogether(ofSlices)
	for i := range r.Slices {
		r.Slices[i].Measure = ofSlices[i]
	}
	for i := range r.Fairness {
		r.Fairness[i].decide()
	}
}

// Verdict is that of the metric that decides; Undefined where nothing was compared.
func (r Result) Verdict() Verdict {
	if r.Primary == nil {
		return Undefined
	}
	return r.Primary.Verdict
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
func (s Spec) slices(j *prediction.Joined, v view) []Slice {
	var all []Slice
	m := mustParse(s.Primary())
	for _, levels := range j.Slices {
		if !slices.Contains(s.Slices, levels.Column) {
			continue
		}
		if len(levels.Names) > maxSlices {
			none := Measure{Metric: m.name, Rows: int64(v.rows())}
			none.undecide(finding.Undefined, fmt.Sprintf("%d values are more than the %d that are compared", len(levels.Names), maxSlices))
			all = append(all, Slice{Column: levels.Column, Level: "all", Measure: none})
			continue
		}
		for code, rows := range rowsOf(levels) {
			all = append(all, Slice{levels.Column, levels.Shown(code), s.slice(v.only(rows), m)})
		}
	}
	return all
}

// slice compares a part of the rows, if they are enough.
func (s Spec) slice(v view, m metric) Measure {
	if least := intOr(s.MinSlice, defaultMinSlice); v.rows() < least {
		r := Measure{Metric: m.name, Rows: int64(v.rows()), Margin: valueOr(s.Margin)}
		r.undecide(finding.TooFewRows, fmt.Sprintf("%d rows are fewer than %d", v.rows(), least))
		return r
	}
	return s.measure(v, m, valueOr(s.Margin))
}

// rowsOf are the rows of each level.
func rowsOf(levels prediction.Levels) [][]int32 {
	rows := make([][]int32, len(levels.Names))
	for row, code := range levels.Codes {
		rows[code] = append(rows[code], int32(row))
	}
	return rows
}
