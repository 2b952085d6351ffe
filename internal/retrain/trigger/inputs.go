package trigger

import (
	"time"

	"github.com/assay-ml/assay/internal/check/drift"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/retrain/decay"
)

// Inputs are what a decision looks at beside the state: facts that others gathered. A nil fact was not asked for.
type Inputs struct {
	Model      string
	Recipe     Recipe   // what would be trained
	Rows       *int64   // of the data to train on
	Production *Version // nil: nothing is in production, or nobody knows
	Unknown    string   // why nobody knows what is in production
	Drift      *DriftSeen
	Decay      *decay.Result
	Code       *Changes
	Settings   *Changes
	Manual     *Manual
}

// Version is the version in production as a registry records it.
type Version struct {
	Name    string             `json:"name"`
	Since   time.Time          `json:"since,omitzero"`   // it is in production
	Trained time.Time          `json:"trained,omitzero"` // when it was trained; zero where nobody wrote it down
	Commit  string             `json:"commit,omitempty"` // full sha of what it was trained from
	Data    map[string]string  `json:"data,omitempty"`   // name of a table → digest of the bytes that it was trained on
	Rows    *int64             `json:"rows,omitempty"`   // that it was trained on
	Metrics map[string]float64 `json:"metrics,omitempty"`
	Profile string             `json:"profile,omitempty"` // where the profile of its training data lies
}

// DriftSeen are the windows that were compared with the data of the version in production.
type DriftSeen struct {
	Reference string   `json:"reference,omitempty"`
	Rate      float64  `json:"rate"` // highest share of windows without drift that alarm
	Windows   []Window `json:"windows,omitempty"`
	Unknown   string   `json:"unknown,omitempty"` // why nothing was compared
}

// Window is one window, from its beginning until before its end.
type Window struct {
	From    time.Time `json:"from"`
	Until   time.Time `json:"until"`
	Rows    int64     `json:"rows"`
	Drifted []string  `json:"drifted,omitempty"` // columns
	Unknown string    `json:"unknown,omitempty"` // why it could not be compared
}

// Windows are the spans of the last complete windows, the oldest first.
func (d Drift) Spans(now time.Time) []Window {
	length := d.Length()
	end := now.UTC().Truncate(length) // of time.Time's zero, a Monday: whole days and weeks
	var spans []Window
	for back := d.Looked(); back > 0; back-- {
		from := end.Add(-time.Duration(back) * length)
		spans = append(spans, Window{From: from, Until: from.Add(length)})
	}
	return spans
}

// Take fills in what a comparison of the window found. A window in which nothing could be decided is unknown.
func (w Window) Take(result drift.Result) Window {
	w.Rows = result.CurrentRows
	seen, decided := map[string]bool{}, false
	for _, check := range result.Checks {
		decided = decided || check.Outcome == finding.Pass || check.Drifted()
		if check.Drifted() && check.Column != "" && !seen[check.Column] {
			seen[check.Column] = true
			w.Drifted = append(w.Drifted, check.Column)
		}
	}
	if !decided {
		w.Unknown = "too few rows, or nothing to compare"
	}
	return w
}

// FalseAlarms is the highest share of comparisons without drift that alarm at all: what the correction for many columns promises, and
// without one the sum over all tests.
func FalseAlarms(result drift.Result) float64 {
	switch {
	case result.History != nil:
		return result.History.FalseAlarms
	case result.Correction == drift.Uncorrected:
		return min(1, result.Significance*float64(result.Tests))
	}
	return result.Significance
}

// Changes are names that changed since the version in production was trained.
type Changes struct {
	Since   string   `json:"since,omitempty"` // commit
	Names   []string `json:"names,omitempty"`
	Unknown string   `json:"unknown,omitempty"` // why it cannot be told
}

// Manual is a person's word.
type Manual struct {
	By      string   `json:"by,omitempty"`
	How     string   `json:"how"` // comment, workflow_dispatch or command line
	URL     string   `json:"url,omitempty"`
	Reason  string   `json:"reason,omitempty"`
	Release []string `json:"release,omitempty"` // names of the brakes that it lifts
}
