package trigger

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Problem is something wrong with the spec, at a path of its keys.
type Problem struct {
	Message, Hint string
	Path          []any
}

// checker collects problems.
type checker struct{ all []Problem }

func (c *checker) report(message, hint string, path ...any) {
	c.all = append(c.all, Problem{message, hint, path})
}

// Problems lists what is wrong with the meaning of the spec itself; which tables and files there are, others know.
func (s Spec) Problems() []Problem {
	var c checker
	if s.Triggers.Schedule != nil {
		if _, err := ParseCalendar(s.Triggers.Schedule.Cron, s.Triggers.Schedule.Zone); err != nil {
			c.report(fmt.Sprintf("the schedule cannot be read: %v", err), "five fields are minute, hour, day of the month, month and day of the week: 0 3 * * 1", "triggers", "schedule")
		}
	}
	if s.Triggers.Drift != nil {
		c.drift(*s.Triggers.Drift)
	}
	if r := s.Triggers.Rows; r != nil && r.New < 1 {
		c.report(fmt.Sprintf("new cannot be %d", r.New), "ask for at least one row", "triggers", "rows", "new")
	}
	if r := s.Triggers.Rows; r != nil && s.Data == "" {
		c.report("rows are counted in no table", "name the table to train on under retrain: data", "triggers", "rows")
	}
	if s.Triggers.Code != nil {
		c.code(s.Triggers.Code.Paths)
	}
	c.brakes(s.Brakes)
	for _, name := range slices.Sorted(maps.Keys(s.Params)) {
		c.param(name, s.Params[name])
	}
	return c.all
}

func (c *checker) drift(d Drift) {
	const most = 1000
	for _, bound := range []struct {
		key      string
		value    int
		low, top int
	}{{"windows", d.Looked(), 1, most}, {"drifted", d.Needed(), 1, d.Looked()}, {"columns", d.columns(), 1, 1 << 20}} {
		if !(bound.low <= bound.value && bound.value <= bound.top) {
			c.report(fmt.Sprintf("%s cannot be %d", bound.key, bound.value), fmt.Sprintf("allowed: %d to %d", bound.low, bound.top), "triggers", "drift", bound.key)
		}
	}
	if d.Length() < time.Minute {
		c.report("window is shorter than a minute", "a day is 24h", "triggers", "drift", "window")
	}
}

// code judges patterns of paths.
func (c *checker) code(patterns []string) {
	if len(patterns) == 0 {
		c.report("no path is named", "name the files that training depends on, such as train/**", "triggers", "code", "paths")
	}
	for i, pattern := range patterns {
		if _, err := path.Match(pattern, ""); err != nil || pattern == "" || strings.Count(pattern, "**") > 1 || strings.HasPrefix(pattern, "/") {
			c.report(fmt.Sprintf("pattern %q cannot be read", pattern), "paths start at the root of the repository, without /; * stays within a folder, and one ** is any number of folders", "triggers", "code", "paths", i)
		}
	}
}

func (c *checker) brakes(b Brakes) {
	for _, d := range []struct {
		value time.Duration
		path  []any
	}{{b.coolDown().For, []any{"brakes", "cool-down"}}, {b.giveUp(), []any{"brakes", "give-up"}}} {
		if d.value < 0 {
			c.report("a time cannot be negative", "write it like 24h", d.path...)
		}
	}
	if b.MaxPerWeek != nil && *b.MaxPerWeek < 0 {
		c.report(fmt.Sprintf("max-per-week cannot be %d", *b.MaxPerWeek), "0 trains by hand only", "brakes", "max-per-week")
	}
	if g := b.GPUHours; g != nil && (g.Hours.Value < 0 || g.Expect != nil && g.Expect.Value < 0) {
		c.report("hours cannot be negative", "", "brakes", "gpu-hours")
	}
	for i, f := range b.Freeze {
		c.freeze(f, i)
	}
}

// freeze judges one freeze: once, from … until …, or again and again, cron and for.
func (c *checker) freeze(f Freeze, i int) {
	path := []any{"brakes", "freeze", i}
	once, again := f.From != "" || f.Until != "", f.Cron != "" || f.For != 0
	switch {
	case once == again || once && (f.From == "" || f.Until == "") || again && (f.Cron == "" || f.For <= 0):
		c.report("a freeze has from and until, or cron and for", "from: 2027-12-20 and until: 2028-01-03, or cron: 0 17 * * 5 and for: 64h", path...)
		return
	}
	if _, _, err := f.covers(time.Unix(0, 0)); err != nil {
		c.report("the freeze cannot be read: "+err.Error(), "", path...)
		return
	}
	if zone, err := loadZone(f.Zone); err == nil && once {
		from, _ := parseTime(f.From, zone)
		if until, _ := parseTime(f.Until, zone); !from.Before(until) {
			c.report("the freeze ends before it begins", "until is the first moment after it", path...)
		}
	}
}

// param judges one declaration: a text from outside reaches commands, so something has to bound it.
func (c *checker) param(name string, p Param) {
	report := func(message, hint string) { c.report(message, hint, "params", name) }
	switch {
	case !paramName.MatchString(name):
		report(fmt.Sprintf("%q is no name of a parameter", name), "letters, digits, _ . and -, a letter first, at most 40")
		return
	case name == wordReason || name == wordRelease || name == wordSHA:
		report(name+" has a meaning of its own", "choose another name")
	case p.Type == Text && len(p.Enum) == 0 && p.Pattern == "":
		report("a text that anything may be is given to commands", "bound it with enum or pattern")
	case p.Type != Text && p.Pattern != "":
		report("a pattern is for texts", "numbers have min and max")
	case p.Type != Integer && p.Type != Decimal && (p.Min != nil || p.Max != nil):
		report("min and max are for numbers", "texts have enum and pattern")
	case p.Min != nil && p.Max != nil && p.Min.Value > p.Max.Value:
		report("min is above max", "exchange them")
	}
	if _, err := regexp.Compile(p.Pattern); err != nil {
		report("the pattern cannot be read: "+err.Error(), "regular expressions are RE2's")
		return
	}
	bounded := p
	bounded.Enum = nil
	for _, value := range p.Enum {
		if got, err := bounded.value(value); err != nil || got != value {
			report(fmt.Sprintf("%q of enum is no %s in its shortest form within the bounds", value, p.Type), "")
		}
	}
	if p.Default != "" {
		if _, err := p.value(p.Default); err != nil {
			report("the default "+err.Error(), "")
		}
	}
}
