package policy

import (
	"errors"
	"fmt"
	"time"
	_ "time/tzdata" // the image has no zones of its own

	"github.com/adhocore/gronx"

	"github.com/assay-ml/assay/internal/source"
)

// Freeze is a time in which nothing is promoted: one, from a day or a moment to another, or one that comes again.
type Freeze struct {
	From string        `yaml:"from,omitempty" doc:"First day, such as 2026-12-20, or moment, such as 2026-12-20 16:00."`
	To   string        `yaml:"to,omitempty" doc:"Last day, all of it, or the moment when the freeze ends."`
	Cron string        `yaml:"cron,omitempty" doc:"When a freeze begins that comes again, as five fields of cron: 0 16 * * 5 is Friday at four."`
	For  time.Duration `yaml:"for,omitempty" doc:"How long it lasts, such as 64h. With cron."`
	Zone string        `yaml:"zone,omitempty" doc:"Time zone of all of them, such as Europe/Berlin. Default UTC."`
	Why  string        `yaml:"why,omitempty" doc:"What people are told."`
	Pos  source.Pos    `yaml:"-"`
}

// maxFreeze bounds a freeze that comes again, and with it how far back its beginning is looked for.
const maxFreeze = 31 * 24 * time.Hour

// Problem says what is wrong with the window and at which key, or nothing.
func (f Freeze) Problem() (key, message, hint string) {
	if _, err := f.zone(); err != nil {
		return "zone", fmt.Sprintf("there is no time zone %q", f.Zone), "write it like Europe/Berlin"
	}
	if f.Cron != "" {
		return f.cronProblem()
	}
	if f.From == "" || f.To == "" {
		return "", "a freeze needs from and to, or cron and for", ""
	}
	from, to, err := f.window()
	switch {
	case err != nil:
		return "", err.Error(), "write a day like 2026-12-20, or a moment like 2026-12-20 16:00"
	case f.For != 0:
		return "for", "for belongs to cron", "leave it out"
	case !from.Before(to):
		return "to", "the freeze ends before it begins", "exchange from and to"
	}
	return "", "", ""
}

func (f Freeze) cronProblem() (key, message, hint string) {
	switch segments, err := gronx.Segments(f.Cron); {
	case err != nil || !gronx.IsValid(f.Cron) || len(segments) > 7:
		return "cron", fmt.Sprintf("%q is no time of cron", f.Cron), "five fields: minute hour day month weekday, such as 0 16 * * 5"
	case f.From != "" || f.To != "":
		return "cron", "cron and for stand for from and to", "keep one of the two"
	case !(0 < f.For && f.For <= maxFreeze):
		return "for", "a freeze that comes again lasts between nothing and 31 days", "write it like 64h"
	}
	return "", "", ""
}

func (f Freeze) zone() (*time.Location, error) {
	if f.Zone == "" {
		return time.UTC, nil
	}
	if f.Zone == "Local" {
		return nil, errors.New("the machine's own zone is another everywhere")
	}
	return time.LoadLocation(f.Zone)
}

// Until reports whether a moment is in the freeze, and when that ends, in its zone. The beginning is part of it, the end is not.
func (f Freeze) Until(now time.Time) (end time.Time, isFrozen bool, err error) {
	zone, err := f.zone()
	if err != nil {
		return time.Time{}, false, err
	}
	if f.Cron != "" {
		from, err := gronx.PrevTickBefore(f.Cron, now.In(zone).Truncate(time.Minute), true)
		if err != nil {
			return time.Time{}, false, err
		}
		end := from.Add(f.For)
		return end, now.Before(end), nil
	}
	from, to, err := f.window()
	return to, !now.Before(from) && now.Before(to), err
}

// window is from when until when it is frozen.
func (f Freeze) window() (from, to time.Time, err error) {
	from, _, err = f.moment(f.From)
	if err != nil {
		return from, to, err
	}
	to, isDay, err := f.moment(f.To)
	if isDay {
		to = to.AddDate(0, 0, 1)
	}
	return from, to, err
}

// moment reads a day or a moment, as clocks in the zone show it.
func (f Freeze) moment(text string) (at time.Time, isDay bool, err error) {
	zone, err := f.zone()
	if err != nil {
		return time.Time{}, false, err
	}
	if at, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return at, true, nil
	}
	at, err = time.ParseInLocation("2006-01-02 15:04", text, zone)
	if err != nil {
		err = fmt.Errorf("%q is neither a day nor a moment", text)
	}
	return at, false, err
}
