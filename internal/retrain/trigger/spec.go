// Package trigger decides whether a model is trained again: the triggers that speak for it with their evidence, the brakes that
// hold it back, and one decision with its reason. The decision is a pure function of its inputs, of what was decided before and of a clock;
// the package reads no table, no repository and no registry, and starts nothing.
package trigger

import (
	"strings"
	"time"

	"github.com/assay-ml/assay/internal/retrain/decay"
	"github.com/assay-ml/assay/internal/source"
)

// Spec is the `retrain:` part of assay.yaml.
type Spec struct {
	Data       string           `yaml:"data,omitempty" doc:"Name of the table to train on: its digest and its rows are part of the decision."`
	Production string           `yaml:"production,omitempty" doc:"A JSON file that says what is in production, where no registry does. See docs/retraining.md."`
	Triggers   Triggers         `yaml:"triggers,omitempty" doc:"What speaks for training again. Any of them suffices; a person's word always is one."`
	Brakes     Brakes           `yaml:"brakes,omitempty" doc:"What holds it back, whatever speaks for it."`
	Params     map[string]Param `yaml:"params,omitempty" doc:"The parameters that may be given by hand, by name."`
	Pos        source.Pos       `yaml:"-"`
}

// Triggers are what speaks for training again.
type Triggers struct {
	Schedule *Schedule   `yaml:"schedule,omitempty" doc:"By the clock: late or dropped runs are caught up once."`
	Drift    *Drift      `yaml:"drift,omitempty" doc:"Where the data drifted from what the version in production was trained on."`
	Decay    *decay.Spec `yaml:"decay,omitempty" doc:"Where the version in production became worse than it was at promotion."`
	Rows     *Rows       `yaml:"rows,omitempty" doc:"Where enough new rows have come."`
	Code     *Code       `yaml:"code,omitempty" doc:"Where the training's code changed."`
	Settings *Settings   `yaml:"settings,omitempty" doc:"Where values of a file of parameters changed."`
}

// Schedule is a time of the calendar.
type Schedule struct {
	Cron string     `yaml:"cron" config:"required" doc:"Five fields as in crontab, or @hourly, @daily, @weekly, @monthly, @yearly."`
	Zone string     `yaml:"zone,omitempty" doc:"IANA time zone, such as Europe/Berlin. Default UTC."`
	Pos  source.Pos `yaml:"-"`
}

// Drift compares windows of a table with what the version in production was trained on.
type Drift struct {
	Table     string        `yaml:"table" config:"required" doc:"Name of the table in which new rows arrive."`
	Time      string        `yaml:"time" config:"required" doc:"Its column of dates or times."`
	Window    time.Duration `yaml:"window,omitempty" doc:"Length of a window; windows do not overlap; those of days begin at midnight, those of weeks on Monday, in UTC. Default 24h."`
	Windows   *int          `yaml:"windows,omitempty" doc:"How many of the last complete windows are looked at. Default 3."`
	Drifted   *int          `yaml:"drifted,omitempty" doc:"How many of them must have drifted. Default 2."`
	Columns   *int          `yaml:"columns,omitempty" doc:"How many columns must have drifted in a window. Default 1."`
	Only      []string      `yaml:"only,omitempty" doc:"Only these columns count. Default: all that are compared."`
	Reference string        `yaml:"reference,omitempty" doc:"Name of the table or profile to compare with, where the record of the version in production names no profile."`
	Pos       source.Pos    `yaml:"-"`
}

// Rows asks for new rows.
type Rows struct {
	New int64 `yaml:"new" config:"required" doc:"So many rows more than the version in production was trained on."`
}

// Code asks for changed files.
type Code struct {
	Paths []string `yaml:"paths" config:"required" doc:"Patterns of paths from the root of the repository; ** is any number of folders."`
}

// Settings asks for changed values.
type Settings struct {
	File string   `yaml:"file" config:"required" doc:"A YAML or JSON file of parameters, in the folder of the config."`
	Keys []string `yaml:"keys,omitempty" doc:"Keys whose values count, such as model.depth. Default: all."`
}

// Brakes hold training back.
type Brakes struct {
	CoolDown   *CoolDown     `yaml:"cool-down,omitempty" doc:"How long nothing is trained after a training. Default 24h since the last attempt."`
	MaxPerWeek *int          `yaml:"max-per-week,omitempty" doc:"Most trainings within any seven days. Default 7."`
	GPUHours   *Budget       `yaml:"gpu-hours,omitempty" doc:"What trainings may take."`
	Freeze     []Freeze      `yaml:"freeze,omitempty" doc:"Times in which nothing is trained."`
	GiveUp     time.Duration `yaml:"give-up,omitempty" doc:"When a training of which no end was heard counts as lost; until then no other begins. Default 144h: 24 hours in the queue and five days of a self-hosted job are GitHub's limits."`
}

// CoolDown is the time between two trainings.
type CoolDown struct {
	For   time.Duration `yaml:"for" config:"required,scalar" doc:"How long, such as 24h."`
	Since Since         `yaml:"since,omitempty" enum:"attempt,success" doc:"Since the last training began (attempt), or since the last one that went well ended (success). Default attempt."`
}

// Since is where a cool-down begins.
type Since string

// The beginnings; "" is Attempt.
const (
	SinceAttempt Since = "attempt"
	SinceSuccess Since = "success"
)

// Budget is GPU hours within a time.
type Budget struct {
	Hours  source.Number  `yaml:"hours" config:"required,scalar" doc:"GPU hours that may be spent."`
	Within time.Duration  `yaml:"within,omitempty" doc:"In how long a time. Default 720h."`
	Expect *source.Number `yaml:"expect,omitempty" doc:"GPU hours that a training is expected to take: they must be left. Default: those of the dearest one within that time."`
}

// Freeze is a time in which nothing is trained.
type Freeze struct {
	From   string        `yaml:"from,omitempty" doc:"First day, such as 2027-12-20, or time, such as 2027-12-20T17:00, of a freeze that comes once."`
	Until  string        `yaml:"until,omitempty" doc:"Day or time at which it is over; of a day its beginning."`
	Cron   string        `yaml:"cron,omitempty" doc:"When a freeze begins that comes again, such as 0 17 * * 5."`
	For    time.Duration `yaml:"for,omitempty" doc:"How long such a freeze lasts."`
	Zone   string        `yaml:"zone,omitempty" doc:"IANA time zone. Default UTC."`
	Reason string        `yaml:"reason" config:"required" doc:"Why, in a few words."`
	Pos    source.Pos    `yaml:"-"`
}

// Param is what a parameter given by hand may be.
type Param struct {
	Type    ParamType      `yaml:"type" config:"required" enum:"text,integer,number,boolean" doc:"What its values are."`
	Enum    []string       `yaml:"enum,omitempty" config:"any-scalar" doc:"The only values allowed. A text needs it, or pattern."`
	Pattern string         `yaml:"pattern,omitempty" doc:"A regular expression (RE2) that the whole of a text must match."`
	Min     *source.Number `yaml:"min,omitempty" doc:"Lowest number."`
	Max     *source.Number `yaml:"max,omitempty" doc:"Highest number."`
	Default string         `yaml:"default,omitempty" config:"any-scalar" doc:"The value where none is given. Without it the parameter is left out."`
	Pos     source.Pos     `yaml:"-"`
}

// ParamType is what values of a parameter are.
type ParamType string

// The types.
const (
	Text    ParamType = "text"
	Integer ParamType = "integer"
	Decimal ParamType = "number"
	Boolean ParamType = "boolean"
)

// The defaults.
const (
	defaultCoolDown   = 24 * time.Hour
	defaultMaxPerWeek = 7
	defaultWithin     = 30 * 24 * time.Hour
	defaultWindow     = 24 * time.Hour
	defaultWindows    = 3
	defaultDrifted    = 2
	// defaultGiveUp is the longest that a job of a self-hosted runner can take: 24 hours in the queue, five days at work (GitHub's documentation).
	defaultGiveUp = 6 * 24 * time.Hour
	week          = 7 * 24 * time.Hour
)

func (b Brakes) coolDown() CoolDown {
	if b.CoolDown == nil {
		return CoolDown{For: defaultCoolDown}
	}
	return *b.CoolDown
}

func (b Brakes) maxPerWeek() int { return orElse(b.MaxPerWeek, defaultMaxPerWeek) }

func (b Brakes) giveUp() time.Duration { return nonZero(b.GiveUp, defaultGiveUp) }

func (b Budget) within() time.Duration { return nonZero(b.Within, defaultWithin) }

// Length is that of a window.
func (d Drift) Length() time.Duration { return nonZero(d.Window, defaultWindow) }

// Looked is how many windows are looked at.
func (d Drift) Looked() int { return orElse(d.Windows, defaultWindows) }

// Needed is how many of them must have drifted.
func (d Drift) Needed() int { return orElse(d.Drifted, defaultDrifted) }

func (d Drift) columns() int { return orElse(d.Columns, 1) }

func orElse[T any](value *T, fallback T) T {
	if value == nil {
		return fallback
	}
	return *value
}

func nonZero(value, fallback time.Duration) time.Duration {
	if value == 0 {
		return fallback
	}
	return value
}

// Counted are the values that count: those of the keys that are named, and of what lies below them.
func (s Settings) Counted(values map[string]string) map[string]string {
	if len(s.Keys) == 0 {
		return values
	}
	counted := map[string]string{}
	for name, value := range values {
		for _, key := range s.Keys {
			if rest, ok := strings.CutPrefix(name, key); ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
				counted[name] = value
			}
		}
	}
	return counted
}
