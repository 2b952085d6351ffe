package policy

import (
	"time"

	"github.com/assay-ml/assay/internal/record"
)

// Told is a fact, or why nobody could tell it. What could not be told is missing; it never passes.
type Told[T any] struct {
	Value T
	Why   string // "" where Value was told
}

// Tell is a fact that was asked for: the value, or the error in its place.
func Tell[T any](value T, err error) Told[T] {
	if err != nil {
		return Told[T]{Why: err.Error()}
	}
	return Told[T]{Value: value}
}

// Facts are what is known of a promotion that somebody asks for.
type Facts struct {
	Model    string
	Version  string
	Stage    string
	Override string // why rules shall be set aside, "" where nobody asks for that
	Now      time.Time
	// Digest is the model's, and Commit the one that it was trained from, as the version's record has them.
	Digest string
	Commit string
	// Stays are the stages that the version has been in, each the last time.
	Stays map[string]Stay
	// Evaluation is the newest stored result of that commit for that digest; nil where there is none.
	Evaluation Told[*record.Digest]
	// Branches are those that hold the commit, of those that exist.
	Branches Told[[]string]
	// Workflow is what promotes: a file as .github/workflows/promote.yml, "" where no workflow does; IsDefault says whether it is the default
	// branch's.
	Workflow  string
	IsDefault bool
	Actor     string           // login of who promotes, "" where nobody can tell
	Authors   []string         // logins of whose work the version is
	Approvals Told[[]Approval] // Value holds those that could be read, also where Why tells of others
}

// Stay is when a version was in a stage.
type Stay struct {
	From time.Time
	To   time.Time // zero: it still is
}

// lasted is how long a stay has lasted by now.
func (s Stay) lasted(now time.Time) time.Duration {
	if s.To.IsZero() {
		return now.Sub(s.From)
	}
	return s.To.Sub(s.From)
}

// Approval is somebody's word that a version may come to a stage, for that digest.
type Approval struct {
	By          string `json:"by"` // login
	Way         string `json:"way"`
	URL         string `json:"url,omitempty"`
	Environment string `json:"environment,omitempty"` // of ByEnvironment
	IsBot       bool   `json:"-"`
	// MayWrite says whether the person may write to the repository; Teams whether the person is in each team that the policy names.
	MayWrite Told[bool]            `json:"-"`
	Teams    map[string]Told[bool] `json:"-"`
}
