package decay

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/assay-ml/assay/internal/stat"
)

// Row is one prediction.
type Row struct {
	At       time.Time // of the prediction
	Known    time.Time // when its label arrived; zero where that is not told
	Labelled bool
	Good     float64 // of a labelled row: what the metric says of it, from 0, the worst, to 1
	Counts   bool    // whether the metric counts the row: recall looks at positives only
	Expected float64 // of a row without a label: what its goodness is expected to be, where it is estimated
}

// Result is what is known of the model's performance.
type Result struct {
	Metric      Metric    `json:"metric"`
	Promoted    float64   `json:"promoted"` // value at promotion
	Limit       float64   `json:"limit"`    // what it may come to without decay: the value less the margin
	FalseAlarms float64   `json:"false-alarms"`
	Since       time.Time `json:"since"` // of the promotion
	Counts      Counts    `json:"rows"`
	Spans       []Span    `json:"spans,omitempty"` // the first since promotion
	Decayed     bool      `json:"decayed,omitempty"`
	Estimated   *Guess    `json:"estimated,omitempty"`
	Unknown     string    `json:"unknown,omitempty"` // why nothing can be said
}

// Counts says which rows were used.
type Counts struct {
	All      int64 `json:"all"`      // predictions since promotion
	Used     int64 `json:"used"`     // mature, labelled, and such as the metric counts
	Missing  int64 `json:"missing"`  // mature, and still without a label
	Young    int64 `json:"young"`    // not mature yet
	Unusable int64 `json:"unusable"` // without a time, a prediction or a finite score
}

// Span is the performance since some time.
type Span struct {
	From  time.Time `json:"from"`
	Rows  int64     `json:"rows"`
	Level float64   `json:"level"` // the false alarms that it may raise
	Mean  float64   `json:"mean"`
	Low   float64   `json:"low"` // the metric lies between, whenever one looks
	High  float64   `json:"high"`
}

// reference is what performance is held against.
type reference struct {
	promoted float64 // in the metric's unit
	since    time.Time
}

// settled are the rows that count by now, in the order in which they came to count: an order that later rows do not change.
func settled(rows []Row, mature time.Duration, now time.Time, counts *Counts) []moment {
	var all []moment
	for _, r := range rows {
		at := r.At.Add(mature)
		switch {
		case at.After(now):
			counts.Young++
		case !r.Labelled:
			counts.Missing++
		case r.Known.After(now):
			counts.Young++
		default:
			if r.Known.After(at) {
				at = r.Known
			}
			if r.Counts {
				all = append(all, moment{at, r.At, r.Good})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b moment) int { return cmp.Or(a.counted.Compare(b.counted), a.at.Compare(b.at)) })
	counts.Used = int64(len(all))
	return all
}

// moment is a row that counts, and since when.
type moment struct {
	counted, at time.Time
	good        float64
}

// maxSpans bounds how often the count starts anew: ten years of months.
const maxSpans = 120

// assess decides by labelled rows. The count since promotion may raise half of the false alarms, each that starts later its share
// of the rest: 1/((k+1)(k+2)) sums up to 1. So all of them together keep to the level.
func (s Spec) assess(rows []Row, against reference, now time.Time) Result {
	result := Result{Metric: s.Metric, Promoted: against.promoted, FalseAlarms: s.falseAlarms(), Since: against.since, Counts: Counts{All: int64(len(rows))}}
	result.Limit = s.limit(against.promoted)
	all := settled(rows, s.Mature, now, &result.Counts)
	limit := s.scale().good(result.Limit)
	for k := range maxSpans {
		from := against.since.Add(time.Duration(k) * s.Anew)
		if from.After(now) {
			break
		}
		level := s.falseAlarms() / float64((k+1)*(k+2))
		sequence := stat.NewSequence(level)
		for _, m := range all {
			if !m.at.Before(from) {
				sequence.Add(m.good)
			}
		}
		if sequence.Count() == 0 {
			continue
		}
		_, high := sequence.Interval()
		result.Decayed = result.Decayed || high < limit
		result.Spans = append(result.Spans, s.span(sequence, from, level))
	}
	if len(result.Spans) == 0 {
		result.Unknown = "no labelled row is mature yet"
	}
	return result
}

// limit is the value that is no decay yet.
func (s Spec) limit(promoted float64) float64 {
	if s.scale().isError {
		return promoted + s.margin()
	}
	return promoted - s.margin()
}

// span is a sequence in the metric's unit.
func (s Spec) span(sequence *stat.Sequence, from time.Time, level float64) Span {
	scale := s.scale()
	low, high := scale.interval(sequence.Interval())
	return Span{From: from, Rows: sequence.Count(), Level: level, Mean: scale.value(sequence.Mean()), Low: low, High: high}
}

// worst is the span that says most about decay: the one whose interval lies farthest on the bad side.
func (r Result) worst() Span {
	return slices.MinFunc(r.Spans, func(a, b Span) int {
		if r.Metric == Brier || r.Metric == AbsoluteError {
			return cmp.Compare(b.Low, a.Low)
		}
		return cmp.Compare(a.High, b.High)
	})
}

// Sentence says what was found by the labels, for a reader who was not there.
func (r Result) Sentence() string {
	if r.Unknown != "" {
		return "whether performance decayed cannot be told: " + r.Unknown + r.missing()
	}
	span, verdict := r.worst(), "which is no proof of decay"
	if r.Decayed {
		verdict = "so it has decayed"
	}
	return fmt.Sprintf("%s of %d labelled rows since %s is %.4g, between %.4g and %.4g; at promotion it was %.4g, and decay begins at %.4g, %s%s", r.Metric,
		span.Rows, span.From.UTC().Format(time.DateOnly), span.Mean, span.Low, span.High, r.Promoted, r.Limit, verdict, r.missing())
}

// missing says how many labels there are not.
func (r Result) missing() string {
	if r.Counts.Missing == 0 {
		return ""
	}
	return fmt.Sprintf("; %d of %d mature rows have no label", r.Counts.Missing, r.Counts.All-r.Counts.Young-r.Counts.Unusable)
}
